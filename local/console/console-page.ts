import { createServer, type Server } from "node:http";
import path from "node:path";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import { z } from "zod";
import { webChatScript } from "../../infra/deploy/package/web-chat";
import type { BotService } from "../bot-service/bot-service";
import { listen, stop } from "../listen";
import { sendMessage } from "../send-message";
import type { StackDescription } from "../stack-description";
import { ConversationMessages } from "./conversation-messages";

/** The body of `POST /send`. */
const sendBody = z.object({ conversation: z.string().min(1), text: z.string() });

export const defaultPort = 3978;
const portsToTry = 100;

/** The requested port is in use. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

/** The console page: Web Chat with Direct Line on the same origin. It uses plain http, so that browsers show no certificate warning. */
export class ConsolePage {
  private stack?: StackDescription;
  private messages?: ConversationMessages;
  private server!: Server;
  port = 0;

  private constructor(private readonly botService: BotService) {}

  /** @param port 0: any free port. Absent: 3978 or the next free port. @throws PortTakenError */
  static async open(botService: BotService, port?: number): Promise<ConsolePage> {
    const page = new ConsolePage(botService);
    page.server = createServer(page.routes()).on("upgrade", botService.upgrade);
    page.port = port === undefined ? await listenOnFirstFree(page.server) : await listenOn(page.server, port);
    return page;
  }

  /** The address of Direct Line for apps and other programs. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The address of the page for people. */
  get page(): string {
    return `http://localhost:${this.port}/`;
  }

  announce(stack: StackDescription): void {
    this.stack = stack;
    this.messages = new ConversationMessages(stack);
  }

  close(): Promise<void> {
    return stop(this.server);
  }

  private routes() {
    const json = express.json();
    return express()
      .disable("x-powered-by")
      .use(rejectOtherHosts)
      .get("/", sendFile("index.html"))
      .get("/console.js", sendFile("console.js"))
      .get("/console.css", sendFile("console.css"))
      .get("/webchat.js", sendWebChat)
      .post("/token", (_request, response, next) => {
        this.token().then((token) => response.json(token), next);
      })
      .post("/send", json, (request, response, next) => {
        this.send(sendBody.parse(request.body)).then(() => response.status(202).json({}), next);
      })
      .get("/messages/:conversation", (request, response, next) => {
        this.messagesOf(request.params.conversation).then((messages) => response.json(messages), next);
      })
      .use(this.botService.directLine)
      .use(sendError);
  }

  private async token() {
    if (!this.stack) throw new Error("The stack is still starting. Try again in a moment.");
    const { domain, secret } = this.stack.local.directLine;
    const userId = `dl_${crypto.randomUUID()}`;
    const answer = await fetch(`${domain}/tokens/generate`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ user: { id: userId } }),
    });
    const { token } = (await answer.json()) as { token: string };
    return { token, userId };
  }

  private async messagesOf(conversation: string) {
    if (!this.messages) throw new Error("The stack is still starting. Try again in a moment.");
    return this.messages.list(conversation);
  }

  private async send({ conversation, text }: z.infer<typeof sendBody>): Promise<void> {
    if (!this.stack) throw new Error("The stack is still starting. Try again in a moment.");
    await sendMessage(this.stack, { conversation, text });
  }
}

/** Refuses other host names, which protects against DNS rebinding by another site. */
const rejectOtherHosts: RequestHandler = (request, response, next) => {
  if (["localhost", "127.0.0.1"].includes(request.hostname)) next();
  else response.status(403).json({ error: `This page is available at localhost, not at ${request.hostname}.` });
};

/** Sends the error's message, which the page shows. */
const sendError: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error instanceof z.ZodError ? 400 : 500).json({ error: (error as Error).message });
};

function sendFile(name: string): RequestHandler {
  return (_request, response) => response.sendFile(path.join(__dirname, name));
}

const sendWebChat: RequestHandler = async (_request, response) => {
  response.type("text/javascript").send(await webChatScript());
};

async function listenOn(server: Server, port: number): Promise<number> {
  try {
    return await listen(server, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new PortTakenError(
      `Port ${port} is in use by another program. Choose another port with --port, or omit --port.`,
    );
  }
}

async function listenOnFirstFree(server: Server): Promise<number> {
  for (let port = defaultPort; port < defaultPort + portsToTry; port++) {
    try {
      return await listenOn(server, port);
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
    }
  }
  throw new PortTakenError(
    `The ports ${defaultPort} to ${defaultPort + portsToTry - 1} are all in use. Choose a port with --port.`,
  );
}
