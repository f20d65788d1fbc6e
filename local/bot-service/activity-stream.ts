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

/** Milliseconds between pings; a client that has not answered the last one is gone. */
const heartbeat = 30_000;

/** Bytes; clients send nothing but empty pings. */
const maxPayload = 4096;

/** Direct Line's WebSockets: each shows one conversation's activities as they come. */
export class ActivityStreams {
  private readonly server = new WebSocketServer({ noServer: true, maxPayload });
  private readonly unanswered = new WeakSet<WebSocket>();
  private readonly timer = setInterval(() => this.ping(), heartbeat).unref();
  private closed = false;

  constructor(
    private readonly callers: DirectLineCallers,
    private readonly conversations: Conversations,
  ) {}

  /** Takes over a server's `upgrade` event; anything but a stream with a valid token is answered and closed. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that goes away during the handshake must not take the process along.
    const ignore = () => socket.destroy();
    socket.on("error", ignore);
    this.admit(request).then(
      ({ conversation, watermark }) => {
        socket.off("error", ignore);
        if (this.closed || socket.destroyed) return socket.destroy();
        this.server.handleUpgrade(request, socket, head, (client) => this.show(client, conversation, watermark));
      },
      (error: unknown) => refuse(socket, error),
    );
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    for (const client of this.server.clients) client.terminate();
    this.server.close();
  }

  private async admit(request: IncomingMessage): Promise<{ conversation: Conversation; watermark: number }> {
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

  private show(client: WebSocket, conversation: Conversation, watermark: number): void {
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

function refuse(socket: Duplex, error: unknown): void {
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
