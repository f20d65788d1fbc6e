import { InvalidMessageError } from "../../core/message/invalid-message";
import { parseRetryAfter } from "../../core/queue/retry-delay";
import { reason } from "../log";

/**
 * The consequence for a message that a channel did not take:
 * - `deferred`: it is tried again, after 2 s at first;
 * - `unsure`: the user may have got it; it is tried again, seldom (`deliveries.ts`);
 * - `paused`: it has failed; the user's reference is kept and shows the problem;
 * - `gone`: it has failed, and the user's reference is dropped;
 * - `refused`: it has failed; the fault is in the message, not in the user's reference.
 */
export type Verdict = "deferred" | "unsure" | "paused" | "gone" | "refused";

/** A known answer: the first row that fits counts. */
interface KnownAnswer {
  /** Of HTTP; absent: any. */
  status?: number;
  /** `error.code`, or Teams' `subCode`; absent: any. */
  code?: string;
  /** The beginning of the answer's own words. */
  text?: string;
  /** The only channel for which the row counts. */
  channelId?: string;
  verdict: Verdict;
  /** Milliseconds for which the message is deferred before the verdict counts. */
  patience?: number;
  /** For people, as the subject and verb of a sentence. */
  meaning: string;
  /** A page, without its scheme. */
  source: string;
}

const teamsCodes =
  "learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-agent-conversational-apis";
const teamsProactive =
  "learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages#understand-who-blocked-muted-or-uninstalled-a-bot";
const http = "rfc-editor.org/rfc/rfc9110#section-15";

const hour = 60 * 60 * 1000;
const noSuchUser = "Teams knows no such user in this tenant";
const unclear = "The channel failed, and the user may have got the message";

const knownAnswers: KnownAnswer[] = [
  {
    code: "BotDisabledByAdmin",
    verdict: "paused",
    meaning: "An administrator of the tenant has disabled the bot: it can be delivered when they allow it again",
    source: teamsCodes,
  },
  {
    code: "NotEnoughPermissions",
    verdict: "paused",
    meaning: "The bot does not have the permission that this needs",
    source: teamsCodes,
  },
  {
    code: "InvalidBotApiHost",
    verdict: "paused",
    meaning: "The tenant is in GCC: the serviceUrl must be https://smba.infra.gcc.teams.microsoft.com/teams",
    source: teamsCodes,
  },
  {
    code: "BotNotInConversationRoster",
    verdict: "gone",
    meaning: "The bot is no longer in the conversation: the app must be installed there again",
    source: teamsCodes,
  },
  {
    code: "ConversationBlockedByUser",
    verdict: "gone",
    meaning: "The user has blocked the bot",
    source: teamsCodes,
  },
  {
    code: "MessageWritesBlocked",
    verdict: "gone",
    meaning: "The user has blocked or uninstalled the bot",
    source: teamsProactive,
  },
  {
    code: "ForbiddenOperationException",
    verdict: "gone",
    meaning: "The app is not installed for this user: they or an administrator must install it (docs/reach.md)",
    source: teamsCodes,
  },
  {
    // At random, 403 as well as 400, for conversations that are in order.
    text: "Failed to decrypt",
    verdict: "deferred",
    meaning: "Teams could not read its own id",
    source:
      "github.com/OfficeDev/microsoft-365-agents-toolkit/issues/10059, github.com/MicrosoftDocs/msteams-docs/issues/7424",
  },
  {
    status: 400,
    text: "Invalid user identity in provided tenant",
    verdict: "refused",
    meaning: noSuchUser,
    source: "stackoverflow.com/questions/73114932",
  },
  {
    status: 400,
    code: "MemberNotFoundInConversation",
    verdict: "refused",
    meaning: noSuchUser,
    source: "github.com/microsoft/Agents-for-js/issues/664",
  },
  {
    // About 1 % of a large send get it, and some of these conversations are found again later.
    status: 404,
    channelId: "msteams",
    verdict: "gone",
    patience: hour,
    meaning: "The conversation is gone",
    source: "github.com/microsoft/botframework-sdk/issues/6628",
  },
  {
    // `BotNotRegistered`, or a token that is refused: also while a new registration spreads.
    status: 401,
    verdict: "paused",
    patience: hour,
    meaning: "The channel does not accept the bot: its registration, or the tenant of its identity, is another one",
    source: teamsCodes,
  },
  { status: 400, verdict: "refused", meaning: "The channel says that the message is not valid", source: teamsCodes },
  { status: 403, verdict: "paused", meaning: "The channel does not let the bot speak there", source: http },
  { status: 404, verdict: "gone", meaning: "The conversation is gone", source: http },
  { status: 408, verdict: "deferred", meaning: "The channel did not get the whole request", source: http },
  { status: 409, verdict: "deferred", meaning: "The channel was changing the conversation", source: http },
  { status: 410, verdict: "gone", meaning: "The conversation is gone", source: http },
  { status: 412, verdict: "deferred", meaning: "The channel was changing the conversation", source: teamsCodes },
  { status: 413, verdict: "refused", meaning: "The message is too large for the channel", source: teamsCodes },
  {
    status: 425,
    verdict: "deferred",
    meaning: "The channel wants the message later",
    source: "rfc-editor.org/rfc/rfc8470",
  },
  { status: 429, verdict: "deferred", meaning: "The channel is being sent too many messages", source: teamsCodes },
  { status: 501, verdict: "refused", meaning: "The channel cannot do this", source: http },
  { status: 503, verdict: "deferred", meaning: "The channel is not available", source: teamsCodes },
];

/** A channel's answer to a call of the bot, and its meaning. */
export interface ChannelAnswer extends Pick<KnownAnswer, "verdict" | "patience" | "meaning"> {
  /** Of HTTP; 0: there was none. */
  status: number;
  code?: string;
  /** The channel's own words. */
  text: string;
  /** Seconds that the channel asks for, or 0. */
  retryAfter: number;
}

/** The codes of a connection that ended after the request had begun. */
const broken = ["ECONNRESET", "EPIPE", "ETIMEDOUT"];

/** Undefined: the call did not reach the channel (no token, no connection), or the error is a bug. */
export function channelAnswer(error: unknown, channelId?: string): ChannelAnswer | undefined {
  const { name, statusCode = 0, code = "", message = "" } = error as Partial<ConnectorError>;
  if (name === "AbortError") return unanswered("it took too long");
  if (name !== "RestError") return undefined;
  if (!statusCode) return broken.includes(code) && !isBeforeRequest(message) ? unanswered(message) : undefined;
  const answer = { status: statusCode, ...wordsOf(error as ConnectorError) };
  const known = knownAnswers.find((row) => fits(row, { ...answer, channelId })) ?? unknownAnswer(statusCode);
  const { verdict, patience, meaning } = known;
  return { ...answer, retryAfter: retryAfter(error as ConnectorError), verdict, patience, meaning };
}

/** The answer for a message that has been deferred since then: within the answer's patience it is deferred again. */
export function answerNow(answer: ChannelAnswer | undefined, deferredSince?: string | null): ChannelAnswer | undefined {
  if (answer?.patience === undefined) return answer;
  const elapsed = deferredSince ? Date.now() - Date.parse(deferredSince) : 0;
  return elapsed < answer.patience ? { ...answer, verdict: "deferred" } : answer;
}

/** Whether a later try may deliver the message. */
export function isWorthARetry(answer: ChannelAnswer | undefined): answer is ChannelAnswer {
  return answer?.verdict === "deferred" || answer?.verdict === "unsure";
}

/** Why a message was not delivered, in a sentence for its operator. */
export function failureReason(error: unknown, answer?: ChannelAnswer): string {
  if (answer) return `${answer.meaning} (${quote(answer)}).`;
  const detail = (error as Error).message?.split("\n")[0] || reason(error);
  return error instanceof InvalidMessageError ? `the message is not valid: ${detail}` : detail;
}

/** The channel's own answer, by which its documentation can be searched. */
function quote({ status, code, text }: ChannelAnswer): string {
  if (!status) return `no answer: ${text}`;
  const words = text && text !== code ? `: ${text.replace(/\.$/, "")}` : "";
  return `the channel answered ${[status, code].filter(Boolean).join(" ")}${words}`;
}

/** The error of botbuilder's connector: a RestError of @azure/core-rest-pipeline, whose `details` are the body. */
interface ConnectorError extends Error {
  statusCode: number;
  code: string;
  details?: unknown;
  response?: { headers?: { get?(name: string): string | undefined } };
}

function unanswered(text: string): ChannelAnswer {
  return { status: 0, text, retryAfter: 0, verdict: "unsure", meaning: unclear };
}

/** Node's words for a connection that was never made. */
function isBeforeRequest(message: string): boolean {
  return message.startsWith("connect ") || message.includes("before secure TLS connection");
}

function fits(
  row: KnownAnswer,
  { status, code, text, channelId }: Pick<ChannelAnswer, "status" | "code" | "text"> & { channelId?: string },
): boolean {
  return (
    (row.status ?? status) === status &&
    (row.code ?? code) === code &&
    (row.channelId ?? channelId) === channelId &&
    text.startsWith(row.text ?? "")
  );
}

/** A 4xx says that the same request gets the same answer; anything else leaves open whether the message was taken. */
function unknownAnswer(status: number): Pick<KnownAnswer, "verdict" | "patience" | "meaning"> {
  if (status >= 400 && status < 500) return { verdict: "refused", meaning: "The channel refused the message" };
  return { verdict: "unsure", meaning: unclear };
}

/**
 * Teams' three forms: `{error: {code, message}}`; that with `innerHttpError.body`; and
 * `{errorCode, message: '{"subCode", "details"}'}`, which has its `message` in JSON.
 */
function wordsOf({ details, message }: ConnectorError): { code?: string; text: string } {
  const { error, message: inner } = objectIn(details);
  const { code, message: words, innerHttpError } = objectIn(error);
  const { subCode, details: why } = objectIn(objectIn(innerHttpError).body ?? inner);
  const text = textIn(why) ?? textIn(words) ?? message ?? "";
  return { code: textIn(subCode) ?? textIn(code), text: text.split("\n")[0] ?? "" };
}

function objectIn(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value) return value as Record<string, unknown>;
  try {
    return typeof value === "string" ? objectIn(JSON.parse(value)) : {};
  } catch {
    return {};
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

function retryAfter({ response }: ConnectorError): number {
  return parseRetryAfter(response?.headers?.get?.("retry-after"));
}
