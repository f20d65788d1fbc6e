/** Where the floor's parts find each other. */
export interface FloorAddresses {
  /** Where clients and the function post, over http; clients open their streams there too. */
  directLine: string;
  /** Where the bot brings replies, over https. */
  connector: string;
  queueUrl: string;
  /** For the queue. */
  token: string;
  /** PEM of the authority behind every https certificate. */
  ca: string;
}

/** Of what users send, and of what the function brings. */
export const messagePath = "/message";
export const eventPath = "/event";
