interface Known<T> {
  value: T;
  /** Milliseconds since the epoch. */
  expires: number;
}

/** At this many tokens the expired ones are forgotten: an app holds one a day, a conversation one in half an hour. */
const sweepAt = 1_000;

/** The contents of checked tokens. Each token is checked once; further requests with it cost nothing until it expires. */
export class KnownTokens<T> {
  private readonly known = new Map<string, Known<T>>();

  /** @param check throws for a token that is not valid now */
  constructor(private readonly check: (token: string) => Promise<Known<T>>) {}

  /** @throws what the check throws */
  async read(token: string): Promise<T> {
    const known = this.known.get(token);
    if (known && known.expires > Date.now()) return known.value;
    const checked = await this.check(token);
    if (this.known.size >= sweepAt) this.sweep();
    this.known.set(token, checked);
    return checked.value;
  }

  private sweep(): void {
    for (const [token, { expires }] of this.known) if (expires <= Date.now()) this.known.delete(token);
  }
}
