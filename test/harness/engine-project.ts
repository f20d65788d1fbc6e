import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { version as azureNative } from "@pulumi/azure-native/package.json";
import { version as random } from "@pulumi/random/package.json";

const root = path.resolve(__dirname, "../..");

/** This checkout as somebody else's: a copy of its files, with a home and a backend of Pulumi's own beside it. */
export class EngineProject {
  private constructor(private readonly place: string) {
    for (const made of [this.folder, this.home, this.state]) mkdirSync(made);
  }

  /** With this checkout's packages, but a cache of its own for what is made of its sources. */
  static make(): EngineProject {
    return EngineProject.with(() => true);
  }

  /** As `make`, without development packages: not even those that npm, unlike pnpm and Yarn, keeps as somebody's optional peer. */
  static production(): EngineProject {
    const { packages } = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
    const isDevelopment = (name: string) => {
      const { dev, devOptional } = packages[`node_modules/${name}`] ?? {};
      return Boolean(dev || devOptional);
    };
    return EngineProject.with((name) => !isDevelopment(name));
  }

  private static with(isThere: (packageName: string) => boolean): EngineProject {
    const project = EngineProject.empty();
    copyCheckout(project.folder);
    linkPackages(path.join(project.folder, "node_modules"), isThere);
    return project;
  }

  /** No file yet. */
  static empty(): EngineProject {
    return new EngineProject(mkdtempSync(path.join(tmpdir(), "engine-")));
  }

  /** Where Pulumi.yaml is. */
  get folder(): string {
    return path.join(this.place, "project");
  }

  /** PULUMI_HOME */
  get home(): string {
    return path.join(this.place, "home");
  }

  /** The file backend's folder. */
  get state(): string {
    return path.join(this.place, "state");
  }

  /** This checkout's files in a folder of their own, for `pulumi new`, which finds the providers' plugins there already. */
  template(): string {
    const folder = path.join(this.place, "template");
    copyCheckout(folder);
    for (const [plugin, version] of Object.entries({ "azure-native": azureNative, random }))
      this.pretend(plugin, version);
    return folder;
  }

  /** Gives the project another name where docs say that this is enough: in Pulumi.yaml and in package.json. */
  rename(name: string): void {
    for (const [file, line] of Object.entries({
      "Pulumi.yaml": /^(name: ).+$/m,
      "package.json": /^( {2}"name": ").+(?=",$)/m,
    })) {
      const at = path.join(this.folder, file);
      const text = readFileSync(at, "utf8");
      writeFileSync(at, text.replace(line, `$1${name}`));
    }
  }

  append(file: string, text: string): void {
    appendFileSync(path.join(this.folder, file), text);
  }

  remove(): void {
    rmSync(this.place, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Without it `pulumi new` downloads the plugin, although the engine then attaches to what serves in its place. */
  private pretend(plugin: string, version: string): void {
    const folder = path.join(this.home, "plugins", `resource-${plugin}-v${version}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `pulumi-resource-${plugin}`), "", { mode: 0o755 });
  }
}

/** What a commit of the working tree would hold. */
export function copyCheckout(folder: string): void {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
  const files = String(listed).split("\0").filter(Boolean);
  for (const file of files) {
    const from = path.join(root, file);
    if (existsSync(from)) cpSync(from, path.join(folder, file)); // a deleted file is listed until it is committed
  }
}

function linkPackages(folder: string, isThere: (packageName: string) => boolean): void {
  const packages = path.join(root, "node_modules");
  mkdirSync(folder);
  for (const name of readdirSync(packages)) {
    if (name.startsWith("@")) linkScope(path.join(packages, name), path.join(folder, name), isThere);
    else if (name !== ".cache" && isThere(name)) link(path.join(packages, name), path.join(folder, name));
  }
}

function linkScope(scope: string, folder: string, isThere: (packageName: string) => boolean): void {
  const names = readdirSync(scope).filter((name) => isThere(`${path.basename(scope)}/${name}`));
  mkdirSync(folder);
  for (const name of names) link(path.join(scope, name), path.join(folder, name));
}

function link(from: string, to: string): void {
  symlinkSync(from, to, "junction");
}
