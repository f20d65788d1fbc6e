import { type Addressee, readAddressee } from "../core/message/addressee";
import { InvalidMessageError } from "../core/message/invalid-message";
import { isBlank } from "../core/message/queue-message";
import { dueTime } from "./due-time";
import { WrongUsage } from "./failure";
import { messageFrom, type WrittenMessage } from "./message-file";
import { checkedId, freshId } from "./message-id";

/** What `send` is told. */
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
  /** True: for the usual time. */
  wait?: string | true;
  /** Nobody is asked before many are reached. */
  yes?: boolean;
  dryRun?: boolean;
  evenOptedOut?: boolean;
}

/** Whom a message is for; one from a file says it itself. */
export type Whom = WrittenMessage | { user: string } | { to: Addressee } | { conversation: string } | "all";

export interface SendPlan {
  whom: Whom;
  /** The message's id, or what everybody's begins with. */
  id: string;
  text?: string;
  /** "" is the default one. */
  dialog?: string;
  notBefore?: Date;
  /** For how long to look what becomes of it; absent: not at all. */
  waitSeconds?: number;
  /** Whether the operator has agreed already to reach everyone. */
  isAgreed: boolean;
  /** Only to tell whom it would reach. */
  isDryRun: boolean;
  /** Also to a user who has opted out. */
  evenOptedOut: boolean;
}

const usualWait = 120;
const longestWait = 7 * 24 * 60 * 60;

/** @throws WrongUsage, Failure for a file that is no message */
export function sendPlan(options: SendOptions, files: string[], now = new Date()): SendPlan {
  const whom = whomOf(options, files);
  const { text, dialog } = options;
  const message = typeof whom === "object" && "message" in whom ? whom.message : undefined;
  if (message) refuseWords(options);
  else if ((text === undefined) === (dialog === undefined))
    throw new WrongUsage("Say --text TEXT or --dialog [NAME], one of both: what the bot is to say, or to start.");
  if (text !== undefined && isBlank(text)) throw new WrongUsage("--text is empty: say what the bot is to bring.");
  if (options.evenOptedOut && (whom === "all" || message))
    throw new WrongUsage(
      "--even-opted-out belongs to --to USER or --conversation ID: --all leaves out who has opted out.",
    );
  return {
    whom,
    id: options.id === undefined ? (message?.id ?? freshId(now)) : checkedId(options.id, whom === "all"),
    text,
    dialog: dialog === true ? "" : dialog,
    notBefore: options.at === undefined ? undefined : dueTime(options.at, now),
    waitSeconds: options.wait === undefined ? undefined : seconds(options.wait),
    isAgreed: options.yes ?? false,
    isDryRun: options.dryRun ?? false,
    evenOptedOut: options.evenOptedOut ?? false,
  };
}

function whomOf(options: SendOptions, [file, ...more]: string[]): Whom {
  const { to, channel, tenant, conversation, all } = options;
  const said: Whom[] = [];
  if (to === undefined && (channel !== undefined || tenant !== undefined))
    throw new WrongUsage("--channel and --tenant say more of a user: use them with --to USER.");
  if (file !== undefined) said.push(messageFrom(file));
  if (to !== undefined) said.push(userOf(to, options));
  if (conversation !== undefined) said.push({ conversation });
  if (all) said.push("all");
  const [whom, ...others] = said;
  if (more.length) throw new WrongUsage(`Say one FILE, not ${more.length + 1}; a text of several words needs quotes.`);
  if (!whom || others.length)
    throw new WrongUsage("Say one of FILE, --to USER, --conversation ID and --all: whom the message is for.");
  return whom;
}

/** With a channel or a tenant it is the bot that finds the user's conversation, or on Teams opens one. */
function userOf(userId: string, { channel, tenant }: SendOptions): Whom {
  if (channel === undefined && tenant === undefined) return { user: userId };
  try {
    return { to: readAddressee({ channelId: channel ?? "msteams", userId, ...(tenant && { tenantId: tenant }) }) };
  } catch (error) {
    if (error instanceof InvalidMessageError)
      throw new WrongUsage(`The user cannot be addressed so: ${error.message}.`);
    throw error;
  }
}

function refuseWords({ text, dialog }: SendOptions): void {
  if (text === undefined && dialog === undefined) return;
  throw new WrongUsage("Say either FILE, or --text or --dialog: a file has its own words.");
}

function seconds(wait: string | true): number {
  if (wait === true) return usualWait;
  if (/^\d{1,6}$/.test(wait) && Number(wait) <= longestWait) return Number(wait);
  throw new WrongUsage(`--wait is "${wait}": it must be a number of seconds up to ${longestWait}.`);
}
