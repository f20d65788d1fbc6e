import type { ManagedIdentityCredential } from "@azure/identity";
import { operatorCredential as credentialOf, type OperatorEnvironment } from "../cli/stack/connection";
import type { StackDescription } from "./stack-description";

type Described = Pick<StackDescription, "local">;

/** Gets the operator's tokens from a running stack. */
export function operatorCredential(stack: Described): ManagedIdentityCredential {
  return credentialOf(operatorEnvironment(stack));
}

export function operatorEnvironment({ local }: Described): OperatorEnvironment {
  const { endpoint, header, operatorClientId } = local.identity;
  return { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header, AZURE_CLIENT_ID: operatorClientId };
}
