import type { Activity } from "botbuilder";
import express, { type RequestHandler, Router } from "express";
import { z } from "zod";
import type { TurnHandler } from "../turn-handler";
import { type ChannelAdapter, UnauthorizedError } from "./channel-adapter";

/** Direct Line's own limit for an activity is 262,144 bytes; a channel's envelope adds a little. */
const bodyLimit = "320kb";

/** The fields that every activity has. Without them botbuilder rejects a promise that its own error handling does not catch. */
const activity = z.looseObject({
  type: z.string().min(1),
  channelId: z.string().min(1),
  serviceUrl: z.string().min(1),
  conversation: z.looseObject({ id: z.string().min(1) }),
});

/** `POST /api/messages`: Bot Service sends each activity of a conversation to it. */
export function messagesEndpoint(adapter: ChannelAdapter, handler: TurnHandler): Router {
  const receive: RequestHandler = async (request, response) => {
    const parsed = activity.parse(request.body) as unknown as Activity;
    const { authorization = "" } = request.headers;
    const invoke = await adapter.receive(authorization, parsed, (context) => handler.run(context));
    response.status(invoke?.status ?? 200);
    if (invoke?.body) response.json(invoke.body);
    else response.end();
  };
  return Router().post("/api/messages", refuseWithoutToken, express.json({ limit: bodyLimit }), receive);
}

/** A request without a token gets no other answer, and its body is not read. */
const refuseWithoutToken: RequestHandler = (request, _response, next) => {
  next(request.headers.authorization ? undefined : new UnauthorizedError("the request has no token"));
};
