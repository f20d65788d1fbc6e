import * as pulumi from "@pulumi/pulumi";
import { RandomBytes } from "@pulumi/random";

/** What signs events and notifications, in the form of the Standard Webhooks specification (standardwebhooks.com). */
export class WebhookSecret extends pulumi.ComponentResource {
  /** Secret: `whsec_` and the Base64 of 32 bytes. */
  readonly value: pulumi.Output<string>;

  /** @param version another one makes another secret */
  constructor(name: string, { version }: { version: number }, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:WebhookSecret", name, {}, opts);
    const bytes = new RandomBytes(name, { length: 32, keepers: { version: String(version) } }, { parent: this });
    this.value = pulumi.secret(pulumi.interpolate`whsec_${bytes.base64}`);
    this.registerOutputs();
  }
}
