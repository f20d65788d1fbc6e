/**
 * A small Azure Functions host: `node main.js --content <folder> [--lease-seconds 600]`. The environment contains the app
 * settings and the platform's variables. When the host cannot run the app, it logs one `[error]` line and exits with code 1.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { FunctionsHost } from "./host";
import { HostLog } from "./log";
import { messageOf, StartupError } from "./startup-error";

/** Seconds. The real host always uses ten minutes (QueueListener). Tests of a crash set a shorter time. */
const defaultLease = "600";
const longestLease = 7 * 24 * 60 * 60;

const log = new HostLog().of("Host.Startup");

function readArguments(): { content: string; leaseSeconds: number } {
  const { values } = parseArgs({
    options: { content: { type: "string" }, "lease-seconds": { type: "string", default: defaultLease } },
  });
  if (!values.content) throw new StartupError("--content is missing. Give the folder of the extracted app.");
  const leaseSeconds = Number(values["lease-seconds"]);
  if (!Number.isInteger(leaseSeconds) || leaseSeconds < 1 || leaseSeconds > longestLease) {
    throw new StartupError(
      `--lease-seconds is '${values["lease-seconds"]}'. It must be a whole number from 1 to ${longestLease}.`,
    );
  }
  return { content: resolve(values.content), leaseSeconds };
}

/** Exits after stdout is written. On some systems, a pipe would lose its last lines otherwise. */
function exit(code: number): void {
  process.stdout.write("", () => process.exit(code));
}

function fail(error: unknown): void {
  log.error(error instanceof StartupError ? error.message : error);
  if (error instanceof StartupError && error.cause instanceof Error) log.debug(error.cause.stack);
  exit(1);
}

function stopOnSignals(host: FunctionsHost): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void host.stop().then(() => exit(0), fail);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

async function main(): Promise<void> {
  // The real worker also ends after an uncaught error of the app. App Service then restarts it.
  process.on("uncaughtException", (error) => {
    log.error(`The host ends because of an uncaught error: ${messageOf(error)}`);
    log.error(error instanceof Error ? error.stack : "");
    exit(1);
  });
  process.on("disconnect", () => process.exit(1));
  const host = await FunctionsHost.start({ ...readArguments(), environment: process.env });
  stopOnSignals(host);
  process.send?.({ type: "ready" });
}

main().catch(fail);
