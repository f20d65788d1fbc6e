import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Conversation } from "./conversation";
import type { Conversations } from "./conversations";
import { directLinePath, findConversation } from "./direct-line";
import { type DirectLineCallers, grantFor } from "./direct-line-caller";
import { ServiceError } from "./service-error";
import { readWatermark } from "./watermark";

const path = new RegExp(`^${directLinePath}/conversations/([^/]+)/stream$`);

/** Milliseconds between pings. A client that has not answered the last ping counts as disconnected. */
const heartbeat = 30_000;

/** Bytes. Clients send only empty pings. */
const maxPayload = 4096;

/** Direct Line's WebSockets. Each one sends the activities of one conversation as they arrive. */
export class ActivityStreams {
  private readonly server = new WebSocketServer({ noServer: true, maxPayload });
  private readonly unanswered = new WeakSet<WebSocket>();
  private readonly timer = setInterval(() => this.ping(), heartbeat).unref();
  private closed = false;

  constructor(
    private readonly callers: DirectLineCallers,
    private readonly conversations: Conversations,
  ) {}

  /** Handles a server's `upgrade` event. A request without a valid stream path and token gets an error, and its socket is closed. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener, an error during the handshake would end the process.
    const ignore = () => socket.destroy();
    socket.on("error", ignore);
    this.authorize(request).then(
      ({ conversation, watermark }) => {
        socket.off("error", ignore);
        if (this.closed || socket.destroyed) return socket.destroy();
        this.server.handleUpgrade(request, socket, head, (client) => this.stream(client, conversation, watermark));
      },
      (error: unknown) => sendError(socket, error),
    );
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }

  private async authorize(request: IncomingMessage): Promise<{ conversation: Conversation; watermark: number }> {
    const url = new URL(request.url ?? "/", "http://stream");
    const id = path.exec(url.pathname)?.[1];
    if (id === undefined) throw new ServiceError(404, "NotFound", "There is no stream at this path.");
    const token = url.searchParams.get("t");
    if (!token) throw new ServiceError(401, "Unauthorized", "The stream's URL carries no token (t).");
    const held = await this.callers.readToken(token, "stream", "access");
    const grant = grantFor({ kind: "token", grant: held }, decodeURIComponent(id));
    const conversation = findConversation(this.conversations, grant);
    const asked = url.searchParams.get("watermark") ?? undefined;
    return { conversation, watermark: readWatermark(asked, conversation.watermark) ?? conversation.watermark };
  }

  private stream(client: WebSocket, conversation: Conversation, watermark: number): void {
    client.on("error", () => client.terminate());
    client.on("pong", () => this.unanswered.delete(client));
    const stop = conversation.follow(watermark, {
      received: (set) => client.send(JSON.stringify(set)),
      ended: () => client.close(1001),
    });
    client.on("close", stop);
  }

  private ping(): void {
    for (const client of this.server.clients) {
      if (this.unanswered.has(client)) {
        client.terminate();
      } else {
        this.unanswered.add(client);
        client.ping();
      }
    }
  }
}

function sendError(socket: Duplex, error: unknown): void {
  const known =
    error instanceof ServiceError ? error : new ServiceError(400, "BadArgument", "The request is malformed.");
  const body = JSON.stringify(known.body);
  const head = [
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
