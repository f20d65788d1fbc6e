import type { Activity } from "botbuilder";
import express, { type RequestHandler, Router } from "express";
import { z } from "zod";
import type { ProactiveBot } from "../proactive-bot";
import { type ChannelAdapter, UnauthorizedError } from "./channel-adapter";

/** Direct Line's own limit for an activity is 262,144 bytes; a channel's envelope adds a little. */
const bodyLimit = "320kb";

/** The least that makes a body an activity; botbuilder rejects outside its own error handling without these. */
const activity = z.looseObject({
  type: z.string().min(1),
  channelId: z.string().min(1),
  serviceUrl: z.string().min(1),
  conversation: z.looseObject({ id: z.string().min(1) }),
});

/** `POST /api/messages`: where Bot Service brings what happens in a conversation. */
export function messages(adapter: ChannelAdapter, bot: ProactiveBot): Router {
  const receive: RequestHandler = async (request, response) => {
    const parsed = activity.parse(request.body) as unknown as Activity;
    const invoke = await adapter.receive(request.headers.authorization ?? "", parsed, (context) => bot.run(context));
    response.status(invoke?.status ?? 200);
    if (invoke?.body) response.json(invoke.body);
    else response.end();
  };
  return Router().post("/api/messages", refuseWithoutToken, express.json({ limit: bodyLimit }), receive);
}

/** Who brings no token learns nothing else about the request, and its body is not read. */
const refuseWithoutToken: RequestHandler = (request, _response, next) => {
  next(request.headers.authorization ? undefined : new UnauthorizedError("the request has no token"));
};
