import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import type { VirtualUser } from "../virtual-user";
import { type FloorAddresses, messagePath } from "./addresses";
import { HttpClient } from "./http-client";

/** Milliseconds. */
const replyLimit = 15_000;

/** Bytes, about the size of a queue message of the bot. */
const size = 600;

const wire = new HttpClient();

/** A user of the floor, who posts messages and receives replies over a WebSocket. */
export async function openFloorUser({ directLine }: FloorAddresses): Promise<VirtualUser> {
  const id = randomBytes(16).toString("hex");
  const stream = new WebSocket(`${directLine.replace(/^http/, "ws")}/${id}`);
  await once(stream, "open");
  return {
    async roundTrip(text) {
      const message = `${id} ${text} `.padEnd(size, ".");
      const reply = once(stream, "message", { signal: AbortSignal.timeout(replyLimit) });
      await Promise.race([reply, wire.post(directLine + messagePath, message).then(() => reply)]);
      if (String((await reply)[0]) !== message) throw new Error("The floor delivered another message.");
    },
    close: () => stream.terminate(),
  };
}
