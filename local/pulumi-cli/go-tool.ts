import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { goCommand } from "./go-command";
import { isExecutable } from "./on-path";
import { toolCache } from "./tool-cache";

/** A program that is built from a Go module. */
export interface GoTool {
  /** The package of its `main`, whose last part is the program's name. */
  command: string;
  /** The module that holds the package. */
  module: string;
  /** `v1.2.3` */
  version: string;
  /** Below the cache; absent: name and version. */
  folder?: string;
  /** `<module> <version>` by module: what the tool's own go.mod replaces, which Go does not do for those who depend on it. */
  replace?: Record<string, string>;
  ldflags?: string;
  /** How long a first build takes, for who waits: "about a minute". */
  takes: string;
}

/** Says a line to who waits. */
export type Say = (line: string) => void;

/** Where the tool is, or will be. */
export function goToolFile({ command, version, folder }: GoTool): string {
  const name = path.posix.basename(command);
  return path.join(toolCache(folder ?? `${name}-${version}`), process.platform === "win32" ? `${name}.exe` : name);
}

/**
 * The tool's file, built unless that was done before. It appears whole or not at all.
 * @param say told every ten seconds how far the build is
 * @throws Error with the end of what Go said
 */
export async function goTool(tool: GoTool, say: Say): Promise<string> {
  const file = goToolFile(tool);
  if (isExecutable(file)) return file;
  const what = `${path.basename(file)} ${tool.version}`;
  await mkdir(path.dirname(file), { recursive: true });
  const work = await mkdtemp(path.join(tmpdir(), "go-tool-"));
  const unfinished = `${file}.${randomUUID()}`;
  const progress = startProgress(`Building ${what}`, tool.takes, say);
  try {
    await writeModule(work, tool);
    await goCommand(["mod", "tidy"], work);
    const ldflags = tool.ldflags ? ["-ldflags", tool.ldflags] : [];
    await goCommand(["build", ...ldflags, "-o", unfinished, tool.command], work);
    await rename(unfinished, file);
    say(`Built ${what} in ${progress.seconds()} s.`);
    return file;
  } finally {
    progress.stop();
    await Promise.all([work, unfinished].map((made) => rm(made, { recursive: true, force: true })));
  }
}

/** The tool's versions of everything, since its own go.mod chooses them; the import keeps them in ours. */
async function writeModule(folder: string, { command, module, version, replace = {} }: GoTool): Promise<void> {
  const replacements = Object.entries(replace).map(([old, by]) => `replace ${old} => ${by}\n`);
  await Promise.all([
    writeFile(
      path.join(folder, "go.mod"),
      `module tools\n\ngo 1.25.0\n\nrequire ${module} ${version}\n\n${replacements.join("")}`,
    ),
    writeFile(path.join(folder, "tools.go"), `//go:build tools\n\npackage tool\n\nimport _ "${command}"\n`),
  ]);
}

function startProgress(what: string, takes: string, say: Say) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  say(`${what}: the first time that takes ${takes}.`);
  const timer = setInterval(() => say(`${what}: ${seconds()} s so far, of ${takes}.`), 10_000);
  return { seconds, stop: () => clearInterval(timer) };
}
