/** A simulated user of the stack or of its floor. */
export interface VirtualUser {
  /** Sends a text and resolves when the proactive reply has arrived. @throws Error when it does not arrive in time */
  roundTrip(text: string): Promise<void>;
  close(): void;
}

/** Opens a new user with a conversation. */
export type OpenUser = () => Promise<VirtualUser>;
