import type { IncomingMessage } from "node:http";
import { setImmediate } from "node:timers/promises";
import type { StorageRequest } from "./operation";

/** An entity group transaction is at most 4 MiB: learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
const batchLimit = 4 * 1024 * 1024;

/** The requests in a batch. Each one is authorized by itself. @param account the first segment of their paths */
export function batchedRequests(body: string, account: string): StorageRequest[] {
  const requests = body.matchAll(/^([A-Z]+) (\S+) HTTP\/1\.1\r?\n((?:[^\r\n]+\r?\n)*)/gm);
  return [...requests].map(([, method = "", url = "", head = ""]) => {
    const { pathname, searchParams } = new URL(url, "https://localhost");
    return { method, path: pathname.slice(`/${account}/`.length), query: searchParams, headers: parseHeaders(head) };
  });
}

function parseHeaders(text: string): Record<string, string> {
  const pairs = text.matchAll(/^([^:\r\n]+):[ \t]*([^\r\n]*)/gm);
  return Object.fromEntries([...pairs].map(([, name = "", value = ""]) => [name.toLowerCase(), value]));
}

/** Reads a request's body and leaves it in the stream for the next reader. @throws Error when it is too large or incomplete */
export async function peekBody(request: IncomingMessage): Promise<string> {
  if (request.headers["content-length"] === "0") return "";
  const body = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const read = () => {
      while (request.readableLength > 0) {
        const chunk: Buffer = request.read();
        size += chunk.length;
        chunks.push(chunk);
      }
      if (size > batchLimit) return settle(() => reject(new Error(`The batch has more than ${batchLimit} bytes.`)));
      if (!request.complete) return;
      const whole = Buffer.concat(chunks);
      request.unshift(whole); // in the same turn: later, the stream emits its end
      settle(() => resolve(whole));
    };
    const broken = () => settle(() => reject(new Error("The connection closed before the request was complete.")));
    const settle = (act: () => void) => {
      request.off("readable", read).off("close", broken);
      act();
    };
    request.on("readable", read).on("close", broken);
  });
  await setImmediate(); // until then the stream keeps this reader and does not flow for the next one
  return body.toString();
}
