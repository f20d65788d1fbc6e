import { InvalidMessage } from "../message";
import { channelStatus } from "./channel-answer";
import { reason } from "./log";

/** What the channels' final answers mean. */
const meanings: Record<number, string> = {
  400: "the channel takes the message for a bad one",
  403: "the user has blocked or uninstalled the bot",
  404: "the conversation is gone",
  413: "the channel takes no message that large",
};

/** Why a message was not delivered, in a sentence for whoever sent it. */
export function failureReason(error: unknown): string {
  const status = channelStatus(error);
  const detail = (error as Error).message?.split("\n")[0] ?? "";
  if (status) return `${meanings[status] ?? "the channel did not take it"} (it answered ${status}: ${detail})`;
  if (error instanceof InvalidMessage) return `the message is not valid: ${detail}`;
  return detail || reason(error);
}
