/** What this tool needs to know of a running local stack: part of what `npm start -- --json` prints. */
export interface LocalDescription {
  outputs: { queueUrl?: unknown; tableServiceUrl?: unknown; sendsPerSecond?: unknown; botName?: unknown };
  local: {
    /** The console page. */
    page: string;
    directLine: { serviceUrl: string };
    identity: { endpoint: string; header: string; operatorClientId: string };
    /** PEM of the authority that signed every https certificate there. */
    caFile: string;
  };
}
