import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { homes } from "./home";
import { isAlive } from "./is-alive";
import type { StackDescription } from "./stack-description";

/**
 * The stack that `npm start` brought up on this machine.
 * @param port that of its page, where several run
 * @throws Error that says what runs instead
 */
export function runningStack(port?: string): StackDescription {
  const all = running();
  const found = port ? all.filter((stack) => new URL(stack.local.page).port === port) : all;
  const [stack, ...others] = found;
  if (!stack)
    throw new Error(port ? `no stack has its page on port ${port}.` : 'no stack is running. Start one: "npm start".');
  if (others.length) {
    const pages = found.map(({ local }) => local.page).join(" ");
    throw new Error(`several stacks are running: ${pages} Choose one with --port.`);
  }
  return stack;
}

function running(): StackDescription[] {
  return homes()
    .filter(({ pid }) => isAlive(pid))
    .map(({ folder }) => path.join(folder, "stack.json"))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")));
}
