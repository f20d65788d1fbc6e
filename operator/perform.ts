import type { Command } from "commander";
import { Desk } from "./desk";
import { note, print, type Report } from "./report";
import { type Choice, chooseStack } from "./stack/choose-stack";

/** What every command can be told. */
interface CommonOptions extends Choice {
  json?: boolean;
}

/** Does a command's work on the chosen stack, and prints what came of it. @throws WrongUsage, Failure, or what the work throws */
export async function perform(command: Command, work: (desk: Desk) => Promise<Report>): Promise<void> {
  const { json = false, ...choice } = command.optsWithGlobals<CommonOptions>();
  const stack = await chooseStack(choice);
  note(`Stack: ${stack.name}`);
  print(await work(new Desk(stack)), json);
}
