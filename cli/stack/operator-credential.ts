import { ManagedIdentityCredential } from "@azure/identity";
import type { LocalDescription } from "./local-description";

/** Gets the operator's tokens from a running local stack. */
export function operatorCredential({ local }: Pick<LocalDescription, "local">): ManagedIdentityCredential {
  const { endpoint, header, operatorClientId } = local.identity;
  const direct = (process.env.NO_PROXY ?? "").split(",").filter(Boolean);
  process.env.NO_PROXY = [...new Set([...direct, "127.0.0.1"])].join(","); // Azure's SDK would use one even here
  process.env.IDENTITY_ENDPOINT = endpoint; // the only way to tell @azure/identity
  process.env.IDENTITY_HEADER = header;
  return new ManagedIdentityCredential({ clientId: operatorClientId });
}
