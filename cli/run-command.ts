import type { Command } from "commander";
import { note } from "./output/terminal";
import { type Choice, chooseStack } from "./stack/choose-stack";
import type { Stack } from "./stack/stack";
import { StackClient } from "./stack-client";

/** The result of a command. */
export interface Report {
  /** For people. */
  text: string;
  /** For programs: one JSON object. */
  data: object;
  /** True: part of the work failed, and the report says which part. */
  failed?: boolean;
}

interface GlobalOptions extends Choice {
  json?: boolean;
}

/** Runs a command on the chosen stack and prints its report. @throws UsageError, CommandError, or what `work` throws */
export function runCommand(command: Command, work: (client: StackClient) => Promise<Report>): Promise<void> {
  return runWithOutputs(command, async (stack) => {
    await stack.logIn?.();
    return work(new StackClient(stack));
  });
}

/** The same for a command that only reads the stack's outputs, and so needs no login in Azure. */
export async function runWithOutputs(command: Command, work: (stack: Stack) => Promise<Report>): Promise<void> {
  const { json = false, ...choice } = command.optsWithGlobals<GlobalOptions>();
  const stack = await chooseStack(choice);
  note(`Stack: ${stack.name}`);
  print(await work(stack), json);
}

function print({ text, data, failed }: Report, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(data) : text}\n`);
  if (failed) process.exitCode = 1;
}
