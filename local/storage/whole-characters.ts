import type { RequestListener } from "node:http";
import type { Service } from "./service";

/**
 * Azurite turns each piece of a message's or an entity's body into text by itself, and what is not ASCII breaks where two
 * pieces meet. Here the request gives it text. (Blobs are bytes, and it reads a batch of table operations whole.)
 */
export function withWholeCharacters(service: Service, inner: RequestListener): RequestListener {
  return (request, response) => {
    const isText = service !== "blob" && !request.url?.includes("$batch");
    if (isText) request.setEncoding("utf8");
    inner(request, response);
  };
}
