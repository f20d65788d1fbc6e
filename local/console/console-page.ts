import { createServer, type Server } from "node:http";
import path from "node:path";
import express, { type ErrorRequestHandler, type RequestHandler } from "express";
import { z } from "zod";
import { webChatScript } from "../../infra/deploy/package/web-chat";
import type { BotService } from "../bot-service/index";
import { listen, stop } from "../listen";
import { sendMessage } from "../send-message";
import type { StackDescription } from "../stack-description";
import { ConversationMessages } from "./conversation-messages";

/** What the form sends. */
const words = z.object({ conversation: z.string().min(1), text: z.string() });

export const defaultPort = 3978;
const portsToTry = 100;

/** The port that was asked for is somebody else's. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

/** The console page: Web Chat on plain http with Direct Line on the same origin, so that a browser asks no questions. */
export class ConsolePage {
  private stack?: StackDescription;
  private messages?: ConversationMessages;
  private server!: Server;
  port = 0;

  private constructor(private readonly botService: BotService) {}

  /** @param port 0 for any; absent: 3978, or the next free one. @throws PortTaken */
  static async open(botService: BotService, port?: number): Promise<ConsolePage> {
    const page = new ConsolePage(botService);
    page.server = createServer(page.routes()).on("upgrade", botService.upgrade);
    page.port = port === undefined ? await firstFree(page.server) : await exactly(page.server, port);
    return page;
  }

  /** Where apps and other programs reach Direct Line. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where people look. */
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
      .use(onlyFromHere)
      .get("/", file("index.html"))
      .get("/console.js", file("console.js"))
      .get("/console.css", file("console.css"))
      .get("/webchat.js", script)
      .post("/token", (_request, response, next) => {
        this.token().then((token) => response.json(token), next);
      })
      .post("/send", json, (request, response, next) => {
        this.send(words.parse(request.body)).then(() => response.status(202).json({}), next);
      })
      .get("/messages/:conversation", (request, response, next) => {
        this.messagesOf(request.params.conversation).then((messages) => response.json(messages), next);
      })
      .use(this.botService.directLine)
      .use(tell);
  }

  private async token() {
    if (!this.stack) throw new Error("the stack is still coming up");
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
    if (!this.messages) throw new Error("the stack is still coming up");
    return this.messages.of(conversation);
  }

  private async send({ conversation, text }: z.infer<typeof words>): Promise<void> {
    if (!this.stack) throw new Error("the stack is still coming up");
    await sendMessage(this.stack, { conversation, text });
  }
}

/** Another site's page must not get here by a name of its own that leads to this machine. */
const onlyFromHere: RequestHandler = (request, response, next) => {
  if (["localhost", "127.0.0.1"].includes(request.hostname)) next();
  else response.status(403).json({ error: `this page is at localhost, not at ${request.hostname}` });
};

/** The page shows the reason. */
const tell: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error instanceof z.ZodError ? 400 : 500).json({ error: (error as Error).message });
};

function file(name: string): RequestHandler {
  return (_request, response) => response.sendFile(path.join(__dirname, name));
}

const script: RequestHandler = async (_request, response) => {
  response.type("text/javascript").send(await webChatScript());
};

async function exactly(server: Server, port: number): Promise<number> {
  try {
    return await listen(server, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new PortTaken(`Port ${port} is taken by another program. Choose another with --port, or leave --port out.`);
  }
}

async function firstFree(server: Server): Promise<number> {
  for (let port = defaultPort; port < defaultPort + portsToTry; port++) {
    try {
      return await exactly(server, port);
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error;
    }
  }
  throw new PortTaken(`Ports ${defaultPort} to ${defaultPort + portsToTry - 1} are all taken. Choose one with --port.`);
}
