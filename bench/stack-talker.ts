import { replies } from "../bot/replies";
import type { StackDescription } from "../local/stack-description";
import { DirectLineClient } from "../test/harness/direct-line-client";
import type { OpenTalker, Talker } from "./talker";

/** Users of a running stack, each in a conversation of its own. */
export function stackTalkers({ local }: StackDescription): OpenTalker {
  const { domain, secret } = local.directLine;
  return async () => new StackTalker(await DirectLineClient.open(domain, secret));
}

class StackTalker implements Talker {
  constructor(private readonly client: DirectLineClient) {}

  /** The proactive reply alone counts, not "You said …". */
  async roundTrip(text: string): Promise<void> {
    const reply = this.client.waitFor((activity) => activity.text === replies.proactiveText(text));
    await Promise.race([reply, this.client.say(text).then(() => reply)]);
  }

  close(): void {
    this.client.close();
  }
}
