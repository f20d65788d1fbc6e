import type { Response } from "express";

/** What the Connector answers instead of its own answer. */
export interface ConnectorAnswer {
  /** Of HTTP; 0: it hangs up without a word. */
  status: number;
  body?: object | string;
  headers?: Record<string, string>;
  /** Whether the activity reaches the user all the same. */
  isTaken?: boolean;
}

/** The Connector's next answers, where a test says what they are: what Teams is known to answer, and what breaks. */
export class ConnectorAnswers {
  private readonly coming: ConnectorAnswer[] = [];

  /** Is given to so many calls that would say something or open a conversation. */
  give(answer: ConnectorAnswer, times = 1): void {
    this.coming.push(...Array.from({ length: times }, () => answer));
  }

  next(): ConnectorAnswer | undefined {
    return this.coming.shift();
  }
}

export function sendAnswer(response: Response, { status, body = "", headers = {} }: ConnectorAnswer): void {
  if (!status) return void response.destroy();
  response.status(status).set(headers);
  if (typeof body === "string") response.send(body);
  else response.json(body);
}
