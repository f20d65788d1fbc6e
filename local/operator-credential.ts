import { ManagedIdentityCredential } from "@azure/identity";
import type { StackDescription } from "./stack-description";

/** Gets the operator's tokens from a running stack. */
export function operatorCredential({ local }: StackDescription): ManagedIdentityCredential {
  const { endpoint, header, operatorClientId } = local.identity;
  process.env.NO_PROXY = [process.env.NO_PROXY, "127.0.0.1"].filter(Boolean).join(","); // Azure's SDK would use one even here
  process.env.IDENTITY_ENDPOINT = endpoint; // the only way to tell @azure/identity
  process.env.IDENTITY_HEADER = header;
  return new ManagedIdentityCredential({ clientId: operatorClientId });
}
