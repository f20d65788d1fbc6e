import type { Response } from "express";

/** An answer that replaces the Connector's own one. */
export interface ConnectorAnswer {
  /** HTTP status. 0 closes the connection without an answer. */
  status: number;
  body?: object | string;
  headers?: Record<string, string>;
  /** Whether the user receives the activity in spite of this answer. */
  isDelivered?: boolean;
}

/** The Connector's next answers. Tests set them to imitate errors of Teams and broken connections. */
export class ConnectorAnswers {
  private readonly queue: ConnectorAnswer[] = [];

  /** Answers the next `times` calls that send an activity or create a conversation. */
  add(answer: ConnectorAnswer, times = 1): void {
    this.queue.push(...Array.from({ length: times }, () => answer));
  }

  next(): ConnectorAnswer | undefined {
    return this.queue.shift();
  }
}

export function sendAnswer(response: Response, { status, body = "", headers = {} }: ConnectorAnswer): void {
  if (!status) return void response.destroy();
  response.status(status).set(headers);
  if (typeof body === "string") response.send(body);
  else response.json(body);
}
