const alphabet = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/** The UTF-8 text behind Base64 (.NET and Java queue clients encode by default), or undefined when `text` is not Base64. */
export function decodeBase64(text: string): string | undefined {
  if (!alphabet.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  const padded = text.replace(/\s+/g, "");
  return bytes.toString("base64") === padded ? bytes.toString("utf8") : undefined;
}
