/**
 * A small Azure Functions host: `node main.js --content <folder> [--lease-seconds 600]`, with the app settings and
 * the platform's variables in the environment. Exit code 1 and one `[error]` line when it does not run the app.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { FunctionsHost } from "./host";
import { HostLog } from "./log";
import { messageOf, Refusal } from "./refusal";

/** Ten minutes, fixed in the real host (QueueListener); settable so that tests of a crash need not wait. */
const defaultLease = "600";
const longestLease = 7 * 24 * 60 * 60;

const log = new HostLog().of("Host.Startup");

function readArguments(): { content: string; leaseSeconds: number } {
  const { values } = parseArgs({
    options: { content: { type: "string" }, "lease-seconds": { type: "string", default: defaultLease } },
  });
  if (!values.content) throw new Refusal("--content is missing: name the folder of the extracted app.");
  const leaseSeconds = Number(values["lease-seconds"]);
  if (!Number.isInteger(leaseSeconds) || leaseSeconds < 1 || leaseSeconds > longestLease) {
    throw new Refusal(
      `--lease-seconds is '${values["lease-seconds"]}': it must be a whole number from 1 to ${longestLease}.`,
    );
  }
  return { content: resolve(values.content), leaseSeconds };
}

/** Exits once stdout is written: on some systems a pipe would lose its last lines. */
function exit(code: number): void {
  process.stdout.write("", () => process.exit(code));
}

function fail(error: unknown): void {
  log.error(error instanceof Refusal ? error.message : error);
  if (error instanceof Refusal && error.cause instanceof Error) log.debug(error.cause.stack);
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
  // The worker ends too when the app lets an error escape; who runs it starts it again.
  process.on("uncaughtException", (error) => {
    log.error(`Uncaught error, the host ends: ${messageOf(error)}`);
    log.error(error instanceof Error ? error.stack : "");
    exit(1);
  });
  process.on("disconnect", () => process.exit(1));
  const host = await FunctionsHost.start({ ...readArguments(), environment: process.env });
  stopOnSignals(host);
  process.send?.({ type: "ready" });
}

main().catch(fail);
