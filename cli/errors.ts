import { printableLines } from "./output/text";

/** A command could not do its work. The message says what happened and what to do. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** The command line is invalid. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
}

/** The fields of errors from Azure's clients and from commander. */
interface LibraryError extends Error {
  statusCode?: number;
  code?: string;
}

const queueMissing = 'The queue does not exist. Run "pulumi up" to create it.';
const accessRefused =
  "Azure refused access. Your account lacks an operator role, or the role is not active yet (docs/azure.md).";

/** An error as a sentence for the operator, without stack traces and request ids. */
export function errorMessage(error: Error): string {
  return printableLines(sentenceOf(error));
}

function sentenceOf({ name, statusCode, code, message }: LibraryError): string {
  const [firstLine = ""] = message.split("\n");
  if (name === "QueueMissingError" || code === "QueueNotFound") return queueMissing;
  if (name === "QueueForbiddenError") return accessRefused; // its own message is about an app's roles
  if (code === "commander.help") return "The command is missing. The list above shows the commands.";
  if (code?.startsWith("commander.")) return usageSentence(message);
  if (name !== "RestError") return capitalized(message);
  if (statusCode === 403) return `${accessRefused} ${firstLine}`;
  return statusCode ? `Azure answered ${statusCode}: ${firstLine}` : `Azure cannot be reached: ${firstLine}`;
}

/** Makes sentences of `error: unknown command 'x'\n(Did you mean y?)`. */
function usageSentence(message: string): string {
  const sentences = message.replace(/^error: /, "").replace(/\n\((.*)\)$/, ". $1");
  return capitalized(/[.?]$/.test(sentences) ? sentences : `${sentences}.`);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
