import type { QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { escapeNoncharacters } from "../message/json-text";

/** Stand for a carriage return and a line feed inside the SDK: XML 1.0, which a queue uses, allows neither character. */
const [carriageReturn, lineFeed] = ["\uFFFE", "\uFFFF"];

/** The part of a request that the policy uses. */
interface Request {
  body?: unknown;
  headers: { set(name: string, value: number): void };
}

interface Response {
  bodyAsText?: string | null;
}

type Next = (request: Request) => Promise<Response>;

/** The pipeline (@azure/core-rest-pipeline) inside the SDK's clients. */
interface HasPipeline {
  storageClientContext: { pipeline: { addPolicy(policy: object, place: { afterPhase: "Sign" }): void } };
}

const policy = {
  name: "exactText",
  async sendRequest(request: Request, next: Next): Promise<Response> {
    if (typeof request.body === "string") {
      const body = request.body.replaceAll(carriageReturn, "&#xD;").replaceAll(lineFeed, "&#xA;");
      request.body = body;
      request.headers.set("content-length", Buffer.byteLength(body));
    }
    const response = await next(request);
    response.bodyAsText &&= response.bodyAsText.replace(/&#(x0*d|0*13);/gi, carriageReturn);
    return response;
  },
};

/**
 * Makes a client keep the line breaks of texts that go through `toQueueText` and `fromQueueText`. Without it the SDK's XML
 * (@azure/core-xml 1.5) drops line feeds when it sends, and does not read the service's `&#xD;`.
 */
export function withExactText<Client extends QueueClient | QueueServiceClient>(client: Client): Client {
  (client as unknown as HasPipeline).storageClientContext.pipeline.addPolicy(policy, { afterPhase: "Sign" });
  return client;
}

/** Prepares a text for such a client. */
export function toQueueText(text: string): string {
  return escapeNoncharacters(text).replaceAll("\r", carriageReturn).replaceAll("\n", lineFeed);
}

/** Restores a text that such a client has read. */
export function fromQueueText(text: string): string {
  return text.replaceAll(carriageReturn, "\r");
}
