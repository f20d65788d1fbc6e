import type { QueueClient, QueueServiceClient } from "@azure/storage-queue";

/** What stands for a carriage return and a line feed inside the SDK: XML 1.0, in which a queue carries text, has neither. */
const [carriageReturn, lineFeed] = ["\uFFFE", "\uFFFF"];

/** As much of a request and of its answer as is needed. */
interface Request {
  body?: unknown;
  headers: { set(name: string, value: number): void };
}

interface Response {
  bodyAsText?: string | null;
}

type Next = (request: Request) => Promise<Response>;

/** What the SDK's clients keep their calls in: a pipeline of @azure/core-rest-pipeline. */
interface Calls {
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
 * A client that leaves a text's line breaks as they are, if the text goes through `toQueueText` and `fromQueueText`. Without it
 * the SDK's XML (@azure/core-xml 1.5) leaves line feeds out of what is sent, and does not read the service's `&#xD;`.
 */
export function withExactText<Client extends QueueClient | QueueServiceClient>(client: Client): Client {
  (client as unknown as Calls).storageClientContext.pipeline.addPolicy(policy, { afterPhase: "Sign" });
  return client;
}

/** A text as it is given to such a client. U+FFFE and U+FFFF, which XML cannot carry, become JSON's escapes. */
export function toQueueText(text: string): string {
  const json = text.replace(/[\uFFFE\uFFFF]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
  return json.replaceAll("\r", carriageReturn).replaceAll("\n", lineFeed);
}

/** A text as such a client gives it. */
export function fromQueueText(text: string): string {
  return text.replaceAll(carriageReturn, "\r");
}
