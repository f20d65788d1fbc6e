import { execFileSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";
import { patience } from "../harness/eventually";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where this machine's Chromium is: PROACTIVE_BOT_CHROMIUM, else by its usual names. */
export function findChromium(): string | undefined {
  return process.env.PROACTIVE_BOT_CHROMIUM ?? names.map(which).find((found) => found);
}

/** What a browser test says when it cannot run. In CI it has to, so there nothing is skipped and the launch fails. */
export const skipWithoutChromium: string | false =
  findChromium() || process.env.CI
    ? false
    : "no Chromium on this machine: install it (Debian: apt-get install chromium)";

/** Requests to other machines are refused, so a page that needs one fails here as it would offline. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("CI needs Chromium: apt-get install chromium");
  return chromium.launch({
    executablePath,
    timeout: 2 * patience,
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ],
  });
}

function which(name: string): string | undefined {
  try {
    return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
