import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Files that bring a shell to a cloud. */
export interface StackFiles {
  /** `export` lines, for `source`. */
  exports: string;
  /** By config key: the file with its value, for `pulumi config set KEY < FILE`. */
  config: Record<string, string>;
}

/** A backend for Pulumi in the cloud's home, so that state and cloud vanish together. */
export function backend(home: string): Record<string, string> {
  const state = path.join(home, "state");
  mkdirSync(state, { recursive: true });
  return {
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_HOME: path.join(home, "pulumi"),
    PULUMI_CONFIG_PASSPHRASE: "local", // the same for every cloud: Pulumi.local.yaml remembers it
  };
}

/** Writes what a shell needs into the cloud's home. */
export function writeStackFiles(home: string, lines: string[], config: Record<string, string>): StackFiles {
  const write = (name: string, text: string) => {
    const file = path.join(home, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const values = Object.entries(config).map(([key, value]) => [key, write(`${key}.json`, value)]);
  return { exports: write("env.sh", `${lines.join("\n")}\n`), config: Object.fromEntries(values) };
}

/** For sh and its relatives. @param folders what goes in front of PATH */
export function exportLines(env: Record<string, string>, folders: string[]): string[] {
  const others = Object.entries(env).filter(([name]) => name !== "PATH");
  const lines = others.map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [...lines, `export PATH=${folders.map((folder) => `${quoted(folder)}:`).join("")}"$PATH"`];
}

/** As it is where nothing in it means anything to a shell. */
function quoted(value: string): string {
  return /^[\w./:,@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
