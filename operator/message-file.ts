import { readFileSync } from "node:fs";
import { InvalidMessage, parseMessage, type QueueMessage } from "../message";
import { Failure, WrongUsage } from "./failure";

/**
 * The queue message in a file; `-` is standard input. Checked here, so that the sender learns what is wrong and not only the
 * poison queue. @throws Failure, WrongUsage when there is no such file
 */
export function messageFrom(file: string): QueueMessage {
  try {
    return parseMessage(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new WrongUsage(`There is neither a command nor a file "${file}".`);
    if (error instanceof InvalidMessage) throw new Failure(`Nothing was sent: ${message}.`);
    throw new Failure(`The file ${file} cannot be read: ${message}`);
  }
}
