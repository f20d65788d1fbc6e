import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import { type Certificates, makeCertificates } from "../../local/certificates";
import { Entra } from "../../local/identity/entra";
import { makePrincipal } from "../../local/identity/principal";
import { listen } from "../../local/listen";
import { Storage } from "../../local/storage/storage";
import type { FloorAddresses } from "./addresses";
import { BareQueue } from "./bare-queue";
import { forwardingHandler, HttpClient } from "./http-client";

/** The floor's cloud process: Azurite, and servers that only forward, one for each server of the stack. */
async function cloud(botPort: number): Promise<FloorAddresses> {
  const home = mkdtempSync(path.join(tmpdir(), "proactive-bench-"));
  const certificates = await makeCertificates(home);
  const storage = await Storage.open(certificates);
  rmSync(home, { recursive: true }); // the files are not needed any more
  const wire = new HttpClient(certificates.ca);
  const streams = new Map<string, WebSocket>();
  const frontEnd = await openFrontEnd(certificates, wire, botPort);
  const queue = await openQueue(storage, wire);
  return {
    directLine: await openDirectLine(wire, frontEnd, streams),
    connector: await openConnector(certificates, streams),
    ...queue,
    ca: certificates.ca,
  };
}

async function openQueue(storage: Storage, wire: HttpClient) {
  storage.addAccount("floor");
  const queueUrl = `${storage.endpoint("queue", "floor")}bot-queue`;
  const { token } = await (await Entra.open()).issue(makePrincipal("floor"), "https://storage.azure.com");
  await new BareQueue(queueUrl, token, wire).create();
  return { queueUrl, token };
}

/** The front end of the bot, which represents App Service. */
async function openFrontEnd({ cert, key }: Certificates, wire: HttpClient, botPort: number): Promise<string> {
  const handOn = forwardingHandler((url, body) => wire.post(`http://127.0.0.1:${botPort}${url}`, body));
  return `https://127.0.0.1:${await listen(createTlsServer({ cert, key }, handOn))}`;
}

/** Forwards messages and events to the bot. The path of a user's WebSocket is the user's id. */
async function openDirectLine(wire: HttpClient, frontEnd: string, streams: Map<string, WebSocket>): Promise<string> {
  const server = createServer(forwardingHandler((url, body) => wire.post(frontEnd + url, body)));
  new WebSocketServer({ server }).on("connection", (socket, { url = "/" }) => streams.set(url.slice(1), socket));
  return `http://127.0.0.1:${await listen(server)}`;
}

/** Sends a reply to the user whose id is its first word. */
async function openConnector({ cert, key }: Certificates, streams: Map<string, WebSocket>): Promise<string> {
  const show = forwardingHandler(async (_url, body) => {
    const text = String(body);
    streams.get(text.split(" ", 1)[0] ?? "")?.send(text);
  });
  return `https://127.0.0.1:${await listen(createTlsServer({ cert, key }, show))}`;
}

process.once("disconnect", () => process.exit());
cloud(Number(process.argv[2])).then((addresses) => process.send?.(addresses));
