import type { Command } from "commander";
import { Desk } from "./desk";
import { note, print, type Report } from "./report";
import { type Choice, chooseStack } from "./stack/choose-stack";
import type { Stack } from "./stack/stack";

/** What every command can be told. */
interface CommonOptions extends Choice {
  json?: boolean;
}

/** Does a command's work at the desk of the chosen stack, and prints what came of it. @throws WrongUsage, Failure, or what the work throws */
export function perform(command: Command, work: (desk: Desk) => Promise<Report>): Promise<void> {
  return performOn(command, async (stack) => {
    await stack.logIn?.();
    return work(new Desk(stack));
  });
}

/** The same for work that needs no more than the stack's outputs, and so no login in Azure. */
export async function performOn(command: Command, work: (stack: Stack) => Promise<Report>): Promise<void> {
  const { json = false, ...choice } = command.optsWithGlobals<CommonOptions>();
  const stack = await chooseStack(choice);
  note(`Stack: ${stack.name}`);
  print(await work(stack), json);
}
