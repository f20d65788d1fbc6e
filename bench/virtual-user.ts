/** Somebody who sends messages and sees what comes back, through the stack or through its floor. */
export interface VirtualUser {
  /** Sends a text and resolves when what it sets off has come back. @throws Error when it does not */
  roundTrip(text: string): Promise<void>;
  close(): void;
}

/** Opens one more conversation. */
export type OpenUser = () => Promise<VirtualUser>;
