import { parseArgs } from "node:util";

export const help = `npm start -- [options]

  --port N   the page's port (default: 3978, or the next free one; 0: any)
  --json     print one line of JSON on stdout once everything is up; the rest goes to stderr
  --help     this text
`;

export interface StartOptions {
  port?: number;
  json: boolean;
  help: boolean;
}

/** @throws Error that says which option is wrong */
export function startOptions(args: string[]): StartOptions {
  const { values } = parseArgs({
    args,
    options: { port: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  return { port: port(values.port), json: values.json ?? false, help: values.help ?? false };
}

function port(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new Error(`--port is "${text}": it must be a number from 0 to 65535.`);
}
