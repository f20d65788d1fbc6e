import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Addressee, readAddressee } from "../core/message/addressee";
import { InvalidMessageError } from "../core/message/invalid-message";
import { isBlank, messageId, parseMessage, type QueueMessage } from "../core/message/queue-message";
import { parseDueTime } from "./due-time";
import { CommandError, UsageError } from "./errors";

/** The options of `send`, as commander reads them. */
export interface SendOptions {
  to?: string;
  channel?: string;
  tenant?: string;
  conversation?: string;
  all?: boolean;
  text?: string;
  /** True: without a name. */
  dialog?: string | true;
  at?: string;
  id?: string;
  /** True: without a number. */
  wait?: string | true;
  yes?: boolean;
  dryRun?: boolean;
  evenOptedOut?: boolean;
}

/** A queue message, and its JSON text as it stands in a file: plain or as Base64. */
export interface MessageFile {
  message: QueueMessage;
  json: string;
}

/** The recipient of a message; a message from a file names its own. */
export type Recipient = MessageFile | { user: string } | { to: Addressee } | { conversation: string } | "all";

/** The options of `send`, checked. */
export interface SendRequest extends Pick<SendOptions, "text" | "yes" | "dryRun" | "evenOptedOut"> {
  recipient: Recipient;
  /** The message's id, or the batch's. */
  id: string;
  /** "" is the default dialog. */
  dialog?: string;
  notBefore?: Date;
  /** How long to wait for the result; absent: do not wait. */
  waitSeconds?: number;
}

const defaultWait = 120;
const longestWait = 7 * 24 * 60 * 60;

/** As long as the end of a message's id within a batch (`broadcastMessage`). */
const idSuffix = `/${"0".repeat(24)}`;

/** @throws UsageError, CommandError for an invalid message file */
export function readSendRequest(options: SendOptions, files: string[], now = new Date()): SendRequest {
  const recipient = recipientOf(options, files);
  const message = typeof recipient === "object" && "message" in recipient ? recipient.message : undefined;
  checkContent(options, message);
  if (options.evenOptedOut && (recipient === "all" || message))
    throw new UsageError(
      "--even-opted-out works only with --to USER or --conversation ID. --all always leaves out users who opted out.",
    );
  const { text, yes, dryRun, evenOptedOut } = options;
  return {
    text,
    yes,
    dryRun,
    evenOptedOut,
    recipient,
    id: options.id === undefined ? (message?.id ?? newId(now)) : checkedId(options.id, recipient === "all"),
    dialog: options.dialog === true ? "" : options.dialog,
    notBefore: options.at === undefined ? undefined : parseDueTime(options.at, now),
    waitSeconds: options.wait === undefined ? undefined : parseSeconds(options.wait),
  };
}

function recipientOf(options: SendOptions, [file, ...moreFiles]: string[]): Recipient {
  const { to, channel, tenant, conversation, all } = options;
  const named: Recipient[] = [];
  if (to === undefined && (channel !== undefined || tenant !== undefined))
    throw new UsageError("--channel and --tenant describe a user. Use them with --to USER.");
  if (file !== undefined) named.push(readMessageFile(file));
  if (to !== undefined) named.push(userOf(to, options));
  if (conversation !== undefined) named.push({ conversation });
  if (all) named.push("all");
  const [recipient, ...others] = named;
  if (moreFiles.length)
    throw new UsageError(`Give one FILE, not ${moreFiles.length + 1}. A text of several words needs quotes.`);
  if (!recipient || others.length)
    throw new UsageError("Give exactly one recipient: FILE, --to USER, --conversation ID or --all.");
  return recipient;
}

/** With a channel or a tenant the bot looks for the user's conversation, and on Teams opens one. */
function userOf(userId: string, { channel, tenant }: SendOptions): Recipient {
  if (channel === undefined && tenant === undefined) return { user: userId };
  try {
    return { to: readAddressee({ channelId: channel ?? "msteams", userId, ...(tenant && { tenantId: tenant }) }) };
  } catch (error) {
    if (error instanceof InvalidMessageError) throw new UsageError(`The user's address is invalid: ${error.message}.`);
    throw error;
  }
}

function checkContent({ text, dialog }: SendOptions, message: QueueMessage | undefined): void {
  if (message && (text !== undefined || dialog !== undefined))
    throw new UsageError("FILE has its own text or dialog. Leave out --text and --dialog.");
  if (!message && (text === undefined) === (dialog === undefined))
    throw new UsageError("Give exactly one content: --text TEXT or --dialog [NAME].");
  if (text !== undefined && isBlank(text)) throw new UsageError("--text is empty. Give the text to send.");
}

/** The queue message in a file; `-` is standard input. Checked here, so that the sender sees an error before the poison queue does. */
function readMessageFile(file: string): MessageFile {
  try {
    const json = readFileSync(file === "-" ? 0 : file, "utf8");
    return { message: parseMessage(json), json };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new UsageError(`The file "${file}" does not exist.`);
    if (error instanceof InvalidMessageError)
      throw new CommandError(`The message is invalid, and nothing was sent: ${message}.`);
    throw new CommandError(`The file ${file} cannot be read: ${message}`);
  }
}

/** An id with the time: `send-20261122T210000Z-a1b2c3`. */
function newId(now: Date): string {
  const time = now.toISOString().replace(/\.\d+|[-:]/g, "");
  return `send-${time}-${randomBytes(3).toString("hex")}`;
}

function checkedId(id: string, isBatch: boolean): string {
  if (id && messageId.safeParse(isBatch ? id + idSuffix : id).success) return id;
  const longest = 200 - (isBatch ? idSuffix.length : 0);
  throw new UsageError(`--id must be 1 to ${longest} printable ASCII characters, without a space at either end.`);
}

function parseSeconds(wait: string | true): number {
  if (wait === true) return defaultWait;
  if (/^\d{1,6}$/.test(wait) && Number(wait) <= longestWait) return Number(wait);
  throw new UsageError(`--wait is "${wait}". It must be a number of seconds from 0 to ${longestWait}.`);
}
