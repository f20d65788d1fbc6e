import { readFileSync } from "node:fs";
import { trust } from "../../local/trust";
import type { RunningStack } from "./running-stack";

/** Makes this process trust the stack's certificates, as NODE_EXTRA_CA_CERTS would have. */
export function trustStack({ description }: RunningStack): void {
  trust(readFileSync(description.local.caFile, "utf8"));
}
