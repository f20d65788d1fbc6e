import type { HttpClient } from "./http-client";

export interface BareMessage {
  text: string;
  /** The path and query that delete it. */
  receipt: string;
}

/** Seconds that a received message stays hidden, as in the Functions host. */
const visibilityTimeout = 600;

/** A queue over its REST API, without the SDK: learn.microsoft.com/rest/api/storageservices/queue-service-rest-api. */
export class BareQueue {
  /** @param token access token for storage */
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly wire: HttpClient,
  ) {}

  async create(): Promise<void> {
    await this.request("PUT", "");
  }

  /** @param text must not contain special characters of XML */
  async enqueue(text: string): Promise<void> {
    const body = `<QueueMessage><MessageText>${text}</MessageText></QueueMessage>`;
    await this.request("POST", "/messages?messagettl=-1", body);
  }

  async receive(count: number): Promise<BareMessage[]> {
    const { body } = await this.request(
      "GET",
      `/messages?numofmessages=${count}&visibilitytimeout=${visibilityTimeout}`,
    );
    return String(body).split("<QueueMessage>").slice(1).map(read);
  }

  async delete({ receipt }: BareMessage): Promise<void> {
    await this.request("DELETE", receipt);
  }

  private request(method: string, path: string, body?: string) {
    return this.wire.send(method, this.url + path, body, {
      authorization: `Bearer ${this.token}`,
      "x-ms-version": "2024-11-04",
      "x-ms-date": new Date().toUTCString(),
    });
  }
}

function read(xml: string): BareMessage {
  const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
  const receipt = `/messages/${field("MessageId")}?popreceipt=${encodeURIComponent(field("PopReceipt"))}`;
  return { text: field("MessageText"), receipt };
}
