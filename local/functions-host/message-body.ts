export type MessageEncoding = "base64" | "none";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Decodes the text of a queue message. Undefined when it does not have the encoding; the host then moves it to the poison queue. */
export function decodeBody(raw: string, encoding: MessageEncoding): string | undefined {
  if (encoding === "none") return raw;
  const compact = raw.replace(/\s/g, "");
  if (!base64.test(compact)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(compact, "base64"));
  } catch {
    return undefined;
  }
}
