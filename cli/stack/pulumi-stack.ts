import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { DefaultAzureCredential } from "@azure/identity";
import { CommandError } from "../errors";
import { RememberedTokens } from "./remembered-tokens";
import type { Stack } from "./stack";

const run = promisify(execFile);
/** The audience that Azure's clients request tokens for, in every cloud. */
const storage = "https://storage.azure.com/.default";

/** The default of the setting `sendsPerSecond`. */
const usualRate = 40;

const project = path.resolve(__dirname, "../..");

/** `pulumi` is not on PATH. */
export class PulumiMissingError extends CommandError {
  override readonly name = "PulumiMissingError";
}

/** Pulumi has refused a command: the stack does not exist, none is selected, or the login is missing. */
export class PulumiRefusedError extends CommandError {
  override readonly name = "PulumiRefusedError";
}

/** The Pulumi stack of that name, or the selected one. @throws PulumiMissingError, PulumiRefusedError, CommandError */
export async function pulumiStack(name?: string): Promise<Stack> {
  const choice = name === undefined ? [] : ["--stack", name];
  const outputs = JSON.parse(await pulumi(["stack", "output", "--json", ...choice]));
  const credential = new RememberedTokens(new DefaultAzureCredential());
  const known = name ?? (await pulumi(["stack", "--show-name"])).trim();
  const addresses = {
    queueUrl: output(outputs, "queueUrl", known),
    tableServiceUrl: output(outputs, "tableServiceUrl", known),
    sendsPerSecond: Number(outputs.sendsPerSecond ?? usualRate), // an older stack has no such output
  };
  const logIn = () => credential.getToken(storage); // before the first request: it may take longer than that has time for
  return { name: known, options: choice.join(" "), isLocal: false, outputs, ...addresses, credential, logIn };
}

async function pulumi(args: string[]): Promise<string> {
  try {
    return (await run("pulumi", [...args, "--non-interactive", "--color", "never"], { cwd: project })).stdout;
  } catch (error) {
    const { code, message, stderr } = error as Error & { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new PulumiMissingError('There is no "pulumi" on PATH, which knows where the stack is.');
    throw new PulumiRefusedError(`Pulumi says: ${stderr?.trim().replace(/^error: /, "") || message}`);
  }
}

function output(outputs: Record<string, unknown>, key: string, stack: string): string {
  const value = outputs[key];
  if (typeof value === "string") return value;
  throw new CommandError(`The stack ${stack} has no output ${key}: run "pulumi up" with this version of the program.`);
}
