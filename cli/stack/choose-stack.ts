import { UsageError } from "../errors";
import { localStack } from "./local-stack";
import { PulumiMissingError, PulumiRefusedError, pulumiStack } from "./pulumi-stack";
import type { Stack } from "./stack";

export interface Choice {
  /** A Pulumi stack's name. */
  stack?: string;
  /** That of a local stack's page. */
  port?: string;
}

/**
 * The stack that is named, else the one that runs on this machine, else the one that is selected in Pulumi.
 * @throws UsageError, CommandError
 */
export async function chooseStack({ stack, port }: Choice): Promise<Stack> {
  if (stack !== undefined && port !== undefined)
    throw new UsageError("Say --stack or --port, not both: a local stack has no name in Pulumi.");
  if (stack !== undefined) return pulumiStack(stack);
  return localStack(port) ?? selectedStack();
}

async function selectedStack(): Promise<Stack> {
  try {
    return await pulumiStack();
  } catch (error) {
    if (error instanceof PulumiMissingError || error instanceof PulumiRefusedError) error.message += `\n${bothWays}`;
    throw error;
  }
}

const bothWays =
  'No stack was found. Start one on this machine with "npm start", or choose one in Azure with --stack NAME or "pulumi stack select".';
