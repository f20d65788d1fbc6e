import { readFileSync } from "node:fs";
import { InvalidMessageError } from "../core/message/invalid-message";
import { parseMessage, type QueueMessage } from "../core/message/queue-message";
import { Failure, WrongUsage } from "./failure";

/** A queue message, and its JSON text as it stands in the file: plain or as Base64. */
export interface WrittenMessage {
  message: QueueMessage;
  json: string;
}

/**
 * The queue message in a file; `-` is standard input. Checked here, so that the sender learns what is wrong and not only the
 * poison queue. @throws Failure, WrongUsage when there is no such file
 */
export function messageFrom(file: string): WrittenMessage {
  try {
    const json = readFileSync(file === "-" ? 0 : file, "utf8");
    return { message: parseMessage(json), json };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new WrongUsage(`There is neither a command nor a file "${file}".`);
    if (error instanceof InvalidMessageError) throw new Failure(`Nothing was sent: ${message}.`);
    throw new Failure(`The file ${file} cannot be read: ${message}`);
  }
}
