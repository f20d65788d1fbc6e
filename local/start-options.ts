import { parseArgs } from "node:util";

export const help = `npm start -- [options]

  --port N         the page's port (default: 3978, or the next free one; 0: any)
  --config K=V     a setting of the program, as "pulumi config set K V" would be; may be given again
  --propagation S  role assignments take S seconds to work, as in Azure (default: 0)
  --strict         refuse resource types, inputs and functions that are declared only here (docs/local.md)
  --json           print one line of JSON on stdout once everything is up; the rest goes to stderr
  --help           this text
`;

export interface StartOptions {
  port?: number;
  propagation?: number;
  config: Record<string, string>;
  strict: boolean;
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
      config: { type: "string", multiple: true },
      strict: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  return {
    port: number("--port", values.port, 65535),
    propagation: number("--propagation", values.propagation, 1800),
    config: Object.fromEntries((values.config ?? []).map(setting)),
    strict: values.strict ?? false,
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

/** `webChat=false` → its two halves. */
function setting(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key && value !== undefined) return [key, value];
  throw new Error(`--config is "${text}": it must be a key and its value, such as --config webChat=false.`);
}

function number(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number(text) <= most) return Number(text);
  throw new Error(`${option} is "${text}": it must be a number from 0 to ${most}.`);
}
