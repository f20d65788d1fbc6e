import { InvalidMessageError } from "../../core/message/invalid-message";
import { reason } from "../log";
import type { ChannelAnswer } from "./channel-answer";

/** Why a message was not delivered, in a sentence for the person who looks after it. */
export function failureReason(error: unknown, answer?: ChannelAnswer): string {
  if (answer) return `${answer.meaning} (${toldOf(answer)}).`;
  const detail = (error as Error).message?.split("\n")[0] || reason(error);
  return error instanceof InvalidMessageError ? `the message is not valid: ${detail}` : detail;
}

/** The channel's own answer, by which its documents can be searched. */
function toldOf({ status, code, text }: ChannelAnswer): string {
  if (!status) return `no answer: ${text}`;
  const words = text && text !== code ? `: ${text.replace(/\.$/, "")}` : "";
  return `the channel answered ${[status, code].filter(Boolean).join(" ")}${words}`;
}
