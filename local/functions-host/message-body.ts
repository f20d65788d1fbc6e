export type MessageEncoding = "base64" | "none";

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The text of a queue message, or undefined when it is not what the encoding promises (the host then moves it to the poison queue). */
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
