import { withTimeout } from "../../core/promises";

/** Milliseconds after which the next turn begins: a turn that hangs must not silence its conversation. */
const turnLimit = 25_000;

/** Runs the turns of one conversation one after another, so that an answer never overtakes the one before it. */
export class ConversationTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  async run<T>(conversationId: string, turn: () => Promise<T>): Promise<T> {
    const previous = this.last.get(conversationId);
    const limited = () => withTimeout(turnLimit, "a turn of the conversation", turn());
    const current = previous ? previous.then(limited, limited) : limited();
    this.last.set(conversationId, current);
    try {
      return await current;
    } finally {
      if (this.last.get(conversationId) === current) this.last.delete(conversationId);
    }
  }
}
