/** The addresses of the floor's parts. */
export interface FloorAddresses {
  /** Users and the function post here, over http. Users also open their WebSockets here. */
  directLine: string;
  /** The bot posts replies here, over https. */
  connector: string;
  queueUrl: string;
  /** Access token for the queue. */
  token: string;
  /** Certificate of the authority that signed all https certificates, PEM. */
  ca: string;
}

/** Paths of the users' messages and of the function's events. */
export const messagePath = "/message";
export const eventPath = "/event";
