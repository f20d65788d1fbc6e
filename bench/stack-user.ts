import { replies } from "../bot/replies";
import type { StackDescription } from "../local/stack-description";
import { DirectLineClient } from "../test/harness/direct-line-client";
import type { OpenUser, VirtualUser } from "./virtual-user";

/** Opens users of a running stack. Each has its own conversation. */
export function stackUsers({ local }: StackDescription): OpenUser {
  const { domain, secret } = local.directLine;
  return async () => new StackUser(await DirectLineClient.open(domain, secret));
}

class StackUser implements VirtualUser {
  constructor(private readonly client: DirectLineClient) {}

  /** Waits for the proactive reply, not for `replies.queued`. */
  async roundTrip(text: string): Promise<void> {
    const reply = this.client.waitFor((activity) => activity.text === replies.proactiveText(text));
    await Promise.race([reply, this.client.say(text).then(() => reply)]);
  }

  close(): void {
    this.client.close();
  }
}
