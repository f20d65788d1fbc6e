import { readFileSync } from "node:fs";
import path from "node:path";
import { CommandError as Failure } from "../errors";
import { directLineReference } from "./direct-line-reference";
import { descriptionFile, homes } from "./homes";
import { isAlive } from "./is-alive";
import type { LocalDescription } from "./local-description";
import { operatorCredential } from "./operator-credential";
import type { Stack } from "./stack";
import { trust } from "./trust";

/**
 * The stack that `npm start` brought up on this machine; undefined where none runs.
 * @param port that of its page, where several run
 * @throws Failure that says what runs instead
 */
export function localStack(port?: string): Stack | undefined {
  const all = running();
  const found = port ? all.filter(({ local }) => new URL(local.page).port === port) : all;
  const [stack, ...others] = found;
  if (others.length) throw new Failure(`Several stacks are running: ${pages(found)} Choose one with --port.`);
  if (stack) return opened(stack, port);
  if (port) throw new Failure(`No stack has its page on port ${port}.${all.length ? ` There is: ${pages(all)}` : ""}`);
  return undefined;
}

function running(): LocalDescription[] {
  return homes()
    .filter(({ pid }) => isAlive(pid))
    .flatMap(({ folder }) => described(path.join(folder, descriptionFile)));
}

/** Nothing of a stack that is not up yet, or no longer. */
function described(file: string): LocalDescription[] {
  try {
    return [JSON.parse(readFileSync(file, "utf8"))];
  } catch {
    return [];
  }
}

function pages(stacks: LocalDescription[]): string {
  return stacks.map(({ local }) => local.page).join(" ");
}

function opened(description: LocalDescription, port?: string): Stack {
  const { outputs, local } = description;
  trust(readFileSync(local.caFile, "utf8"));
  return {
    name: `local (${local.page})`,
    options: port ? `--port ${port}` : "",
    isLocal: true,
    outputs: outputs as Record<string, unknown>,
    queueUrl: String(outputs.queueUrl),
    tableServiceUrl: String(outputs.tableServiceUrl),
    sendsPerSecond: Number(outputs.sendsPerSecond),
    credential: operatorCredential(description),
    unheardOf: (conversationId) => directLineReference(description, conversationId),
  };
}
