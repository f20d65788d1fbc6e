/** Runs the turns of one conversation one after another, so that an answer never overtakes the one before it. */
export class ConversationTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  async run<T>(conversationId: string, turn: () => Promise<T>): Promise<T> {
    const previous = this.last.get(conversationId);
    const current = previous ? previous.then(turn, turn) : turn();
    this.last.set(conversationId, current);
    try {
      return await current;
    } finally {
      if (this.last.get(conversationId) === current) this.last.delete(conversationId);
    }
  }
}
