import { readFile } from "node:fs/promises";
import type { App } from "./app";
import { awaitDeployment } from "./deployment";
import { push } from "./push";
import { type Pace, progressLine, secondsSince, startWait } from "./wait";
import { waitUntilLive } from "./wait-until-live";

/** Pushes the app's zip and returns once that version answers and is ready. All steps together end at one deadline. */
export async function releaseApp(app: App, pace: Pace): Promise<void> {
  const zip = new Uint8Array(await readFile(app.package));
  const wait = startWait(app, pace);
  // Its own timer: also a request that hangs must not silence the progress.
  const ticker = setInterval(() => console.log(progressLine(wait)), pace.progress);
  try {
    let outcome = await awaitDeployment(app, await push(app, zip, wait), wait);
    while (outcome.interrupted) outcome = await awaitDeployment(app, await push(app, zip, wait), wait);
    await waitUntilLive(app, outcome.id, wait);
    console.log(`${app.site}: live after ${secondsSince(wait)} s`);
  } finally {
    clearInterval(ticker);
  }
}
