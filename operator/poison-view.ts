import type { PoisonMessage } from "../message";
import type { Desk } from "./desk";

/** How many rows are read side by side. */
const atOnce = 16;

/** Why messages are in the poison queue, by what `deliveries` says. */
export class PoisonReasons {
  private constructor(private readonly reasons: Map<string, string | undefined>) {}

  /** @throws TableUnreachable */
  static async of(desk: Pick<Desk, "delivery">, messages: PoisonMessage[]): Promise<PoisonReasons> {
    const reasons = new Map<string, string | undefined>();
    const ids = messages.map(idOf);
    const worker = async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) reasons.set(id, (await desk.delivery(id))[0]?.reason);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return new PoisonReasons(reasons);
  }

  why(one: PoisonMessage): string {
    return this.reasons.get(idOf(one)) || (one.problem ? `the message is not valid: ${one.problem}` : notRecorded(one));
  }
}

/** Whether an id is a message's own, or the poison queue's of it. */
export function hasId(id: string): (one: PoisonMessage) => boolean {
  return ({ queueId, message }) => queueId === id || message?.id === id;
}

/** For programs. */
export function toldPoison(one: PoisonMessage, reasons: PoisonReasons) {
  const { queueId, since, message } = one;
  const { channelId, conversation, user } = message?.relatesTo ?? {};
  const to = { channelId, conversationId: conversation?.id, userId: user?.id };
  return { queueId, id: message?.id, since, ...to, readable: message !== undefined, reason: reasons.why(one) };
}

export function nameOf({ queueId, id }: { queueId: string; id?: string | null }): string {
  return id ?? queueId;
}

/** Its row has the id that the other queue gave it, which nobody knows any more. */
function notRecorded({ message }: PoisonMessage): string {
  return message?.id ? "not recorded" : "not recorded under this id: the message has none of its own";
}

function idOf({ queueId, message }: PoisonMessage): string {
  return message?.id ?? queueId;
}
