import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";
import { trust } from "../../../local/trust";

export interface TlsStub {
  /** `https://127.0.0.1:<port>` */
  url: string;
  /** `127.0.0.1:<port>` */
  host: string;
  close(): void;
}

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;

/** An https server that the libraries in this process trust: they keep bearer tokens from anything less. */
export async function startTlsStub(handler: Handler): Promise<TlsStub> {
  const certificate = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  trust(certificate.cert);
  const server = createServer({ cert: certificate.cert, key: certificate.private }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    handler(request, Buffer.concat(chunks).toString(), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `https://${host}`,
    host,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
