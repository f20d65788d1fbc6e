import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ManagedIdentityCredential } from "@azure/identity";
import type { ConversationReference } from "../../core/message/conversation-reference";

/** The way to a stack that runs on this machine. Its owner writes it into a JSON file: docs/local.md. */
export interface Connection {
  /** The process that the stack lives in. When it has ended, the file is out of date. */
  pid: number;
  /** `http://localhost:<port>/`: the port tells one stack from another. */
  page: string;
  /** The outputs of the Pulumi program. */
  outputs: Record<string, unknown>;
  /** PEM of the authority that signed the stack's certificates. */
  caFile: string;
  /** Environment variables with which @azure/identity gets the operator's tokens. */
  environment: OperatorEnvironment;
  /** The rest of a reference to a conversation of which the stack knows only the id. */
  reference: Pick<ConversationReference, "channelId" | "serviceUrl" | "bot">;
}

export interface OperatorEnvironment {
  IDENTITY_ENDPOINT: string;
  IDENTITY_HEADER: string;
  AZURE_CLIENT_ID: string;
}

/** The folder of the files. Each checkout has its own. */
export const connectionsFolder = path.resolve(__dirname, "../../node_modules/.cache/local-stacks");

/** The stacks whose processes run. */
export function connections(folder: string): Connection[] {
  return connectionFiles(folder)
    .flatMap((file) => read(file))
    .filter(({ pid }) => isAlive(pid));
}

export function connectionFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return names.map((name) => path.join(folder, name));
  } catch {
    return []; // no stack was ever started
  }
}

/** Nothing of a stack that has ended meanwhile. */
function read(file: string): Connection[] {
  try {
    return [JSON.parse(readFileSync(file, "utf8"))];
  } catch {
    return [];
  }
}

/** Whether a process with this id exists, of this user or of another. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Gets the operator's tokens. */
export function operatorCredential(environment: OperatorEnvironment): ManagedIdentityCredential {
  const direct = (process.env.NO_PROXY ?? "").split(",").filter(Boolean);
  process.env.NO_PROXY = [...new Set([...direct, "127.0.0.1"])].join(","); // Azure's SDK would use a proxy even here
  Object.assign(process.env, environment); // the only way to tell @azure/identity
  return new ManagedIdentityCredential({ clientId: environment.AZURE_CLIENT_ID });
}
