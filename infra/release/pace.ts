/** How fast a release goes; all in milliseconds. Tests pass a quicker one. */
export interface Pace {
  /** A line of progress at least this often. */
  progress: number;
  /** Between two looks at a deployment or at the app: from `poll` to `maxPoll`, slower the longer it takes. */
  poll: number;
  maxPoll: number;
  /** First wait after a push that was not accepted; doubles up to `maxBackOff`. */
  backOff: number;
  maxBackOff: number;
  /** Longest wait for one answer. */
  request: number;
  /** Longest wait for the answer to one upload. */
  upload: number;
  /** For how long a 401 may still mean that the site is too new to know the deployer. */
  strangerGrace: number;
}

export const unhurried: Pace = {
  progress: 10_000,
  poll: 250,
  maxPoll: 3_000,
  backOff: 1_000,
  maxBackOff: 15_000,
  request: 30_000,
  upload: 300_000,
  strangerGrace: 60_000,
};
