import type { IncomingMessage } from "node:http";
import { ForgedEventError } from "../../core/message/signed-event";

/** A body of more bytes than are taken. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** Nothing is repaired, nothing is left out: other bytes are another text. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text that a request brings, byte for byte as it was signed: a `Content-Encoding` is not undone.
 * @param limit bytes @throws BodyTooLargeError at once, without waiting for the rest; ForgedEventError: what is no text cannot be signed
 */
export async function bodyText(request: IncomingMessage, limit: number): Promise<string> {
  if (Number(request.headers["content-length"]) > limit) throw new BodyTooLargeError(`more than ${limit} bytes`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of piecesOf(request)) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLargeError(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks));
}

/** Who stops reading can still answer. */
async function* piecesOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch {
    throw new ForgedEventError("its caller hung up in the middle of it");
  }
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ForgedEventError("it is not UTF-8");
  }
}
