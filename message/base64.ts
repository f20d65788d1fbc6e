const alphabet = /^[A-Za-z0-9+/]+={0,2}$/;

/** The bytes behind Base64 (.NET and Java queue clients encode by default), or undefined when `text` is not Base64. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/\s+/g, ""); // first: an alphabet with \s in it would look for its end again and again
  if (!alphabet.test(compact)) return undefined;
  const bytes = Buffer.from(compact, "base64");
  return bytes.toString("base64") === compact ? bytes : undefined;
}
