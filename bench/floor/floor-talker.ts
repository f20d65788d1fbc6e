import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Talker } from "../talker";
import { type FloorPlace, messagePath } from "./place";
import { Wire } from "./wire";

/** Milliseconds. */
const patience = 15_000;

/** Bytes: about as many as a queue message of the bot's has. */
const size = 600;

const wire = new Wire();

/** Somebody who posts to the floor and hears by a stream. */
export async function openFloorTalker({ directLine }: FloorPlace): Promise<Talker> {
  const id = randomBytes(16).toString("hex");
  const stream = new WebSocket(`${directLine.replace(/^http/, "ws")}/${id}`);
  await once(stream, "open");
  return {
    async roundTrip(text) {
      const message = `${id} ${text} `.padEnd(size, ".");
      const reply = once(stream, "message", { signal: AbortSignal.timeout(patience) });
      await Promise.race([reply, wire.post(directLine + messagePath, message).then(() => reply)]);
      if (String((await reply)[0]) !== message) throw new Error("The floor brought another message.");
    },
    close: () => stream.terminate(),
  };
}
