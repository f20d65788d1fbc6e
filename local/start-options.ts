import { parseArgs } from "node:util";

export const help = `npm start -- [options]

  --port N         the page's port (default: 3978, or the next free one; 0: any)
  --propagation S  role assignments take S seconds to work, as in Azure (default: 0)
  --json           print one line of JSON on stdout once everything is up; the rest goes to stderr
  --help           this text
`;

export interface StartOptions {
  port?: number;
  propagation?: number;
  json: boolean;
  help: boolean;
}

/** @throws Error that says which option is wrong */
export function startOptions(args: string[]): StartOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string" },
      propagation: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  return {
    port: number("--port", values.port, 65535),
    propagation: number("--propagation", values.propagation, 1800),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function number(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number(text) <= most) return Number(text);
  throw new Error(`${option} is "${text}": it must be a number from 0 to ${most}.`);
}
