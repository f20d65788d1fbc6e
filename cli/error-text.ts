import { printableLines } from "./printable";

/** What Azure's clients throw. */
interface RestError extends Error {
  statusCode?: number;
  code?: string;
}

const noQueue = 'The queue does not exist: the Pulumi program makes it, so run "pulumi up".';
const noRole = "Azure refuses this: an operator's role is missing, or does not work yet.";

/** An error as a sentence for whoever runs the tool, without what only Azure's support can read. */
export function errorText(error: Error): string {
  return printableLines(sentence(error));
}

function sentence({ name, statusCode, code, message }: RestError): string {
  const [first = ""] = message.split("\n");
  if (name === "QueueMissingError" || code === "QueueNotFound") return noQueue;
  if (name === "QueueForbiddenError") return noRole; // its own words are about an app's roles
  if (code === "commander.help") return "Say what to do: the list is above.";
  if (name !== "RestError") return capital(message.replace(/^error: /, "")); // commander's
  if (statusCode === 403) return `${noRole} ${first}`;
  return statusCode ? `Azure answered ${statusCode}: ${first}` : `Azure cannot be reached: ${first}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
