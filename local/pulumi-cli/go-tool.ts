import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { runGo } from "./go-command";
import { isExecutable } from "./on-path";

/** A program to build from a Go module. */
export interface GoTool {
  /** The path of the `main` package. Its last segment is the program's name. */
  command: string;
  /** The module that contains the package. */
  module: string;
  /** `v1.2.3` */
  version: string;
  /** Folder below the cache. Absent: name and version. */
  folder?: string;
  /** The `replace` directives of the tool's go.mod, `<module> <version>` by module. Go ignores them in a dependency. */
  replace?: Record<string, string>;
  ldflags?: string;
  /** Duration of a first build, for messages, such as "about a minute". */
  takes: string;
}

/**
 * A folder for built tools outside the checkout. All clones share it, and so do forks with another name:
 * specifications.freedesktop.org/basedir-spec
 */
function toolCache(folder: string): string {
  const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  return path.join(caches, "proactive-bot", folder);
}

/** Writes one line for the user. */
export type Log = (line: string) => void;

/** The path of the built tool. The file may not exist yet. */
export function goToolPath({ command, version, folder }: GoTool): string {
  const name = path.posix.basename(command);
  return path.join(toolCache(folder ?? `${name}-${version}`), process.platform === "win32" ? `${name}.exe` : name);
}

/**
 * Builds the tool, unless it was built before, and returns its path. An incomplete file never appears at this path.
 * @param log receives a progress line every ten seconds
 * @throws Error with the end of Go's output
 */
export async function buildGoTool(tool: GoTool, log: Log): Promise<string> {
  const file = goToolPath(tool);
  if (isExecutable(file)) return file;
  const name = `${path.basename(file)} ${tool.version}`;
  await mkdir(path.dirname(file), { recursive: true });
  const work = await mkdtemp(path.join(tmpdir(), "go-tool-"));
  const unfinished = `${file}.${randomUUID()}`;
  const progress = startProgress(`Building ${name}`, tool.takes, log);
  try {
    await writeModule(work, tool);
    await runGo(["mod", "tidy"], work);
    const ldflags = tool.ldflags ? ["-ldflags", tool.ldflags] : [];
    await runGo(["build", ...ldflags, "-o", unfinished, tool.command], work);
    await rename(unfinished, file);
    log(`Built ${name} in ${progress.seconds()} s.`);
    return file;
  } finally {
    progress.stop();
    await Promise.all([work, unfinished].map((made) => rm(made, { recursive: true, force: true })));
  }
}

/** Writes a module that depends on the tool. It thereby uses the dependency versions of the tool's go.mod. */
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

function startProgress(what: string, takes: string, log: Log) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  log(`${what}. The first build takes ${takes}.`);
  const timer = setInterval(() => log(`${what}: ${seconds()} s elapsed of ${takes}.`), 10_000);
  return { seconds, stop: () => clearInterval(timer) };
}
