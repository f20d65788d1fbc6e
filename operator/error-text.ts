/** What Azure's clients throw. */
interface RestError extends Error {
  statusCode?: number;
  code?: string;
}

/** An error as a sentence for whoever runs the tool, without what only Azure's support can read. */
export function errorText(error: Error): string {
  const { name, statusCode, code, message } = error as RestError;
  const [first = ""] = message.split("\n");
  if (name !== "RestError") return sentence(message);
  if (statusCode === 403) return `Azure refuses this: an operator's role is missing, or does not work yet. ${first}`;
  if (code === "QueueNotFound") return 'The queue does not exist: the Pulumi program makes it, so run "pulumi up".';
  return statusCode ? `Azure answered ${statusCode}: ${first}` : `Azure cannot be reached: ${first}`;
}

/** Commander's own begin with "error:" and a small letter. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
