import { readFileSync } from "node:fs";
import { CommandError } from "../errors";
import { type Connection, connections, connectionsFolder, operatorCredential } from "./connection";
import type { Stack } from "./stack";

/**
 * The stack that runs on this machine; undefined where none runs.
 * @param port that of its page, where several run
 * @throws CommandError that names the stacks that run
 */
export function localStack(port?: string, folder = connectionsFolder): Stack | undefined {
  const all = connections(folder);
  const found = port ? all.filter(({ page }) => new URL(page).port === port) : all;
  const [stack, ...others] = found;
  if (others.length) throw new CommandError(`Several stacks are running: ${pages(found)}. Choose one with --port.`);
  if (stack) return opened(stack, port);
  const running = all.length ? `Running: ${pages(all)}.` : "No stack is running.";
  if (port) throw new CommandError(`No stack has its page on port ${port}. ${running}`);
  return undefined;
}

function pages(stacks: Connection[]): string {
  return stacks.map(({ page }) => page).join(", ");
}

function opened({ page, outputs, caFile, environment, reference }: Connection, port?: string): Stack {
  return {
    name: `local (${page})`,
    options: port ? `--port ${port}` : "",
    isLocal: true,
    outputs,
    queueUrl: String(outputs.queueUrl),
    tableServiceUrl: String(outputs.tableServiceUrl),
    sendsPerSecond: Number(outputs.sendsPerSecond),
    credential: operatorCredential(environment),
    tls: { ca: readFileSync(caFile, "utf8") },
    referenceTo: (conversationId) => ({ ...reference, conversation: { id: conversationId } }),
  };
}
