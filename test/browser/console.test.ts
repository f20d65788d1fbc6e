import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { replies } from "../../bot/replies";
import { patience } from "../harness/eventually";
import { type RunningStack, startStack } from "../harness/running-stack";
import { openBrowser, skipWithoutChromium } from "./browser";

describe("in a browser", { skip: skipWithoutChromium }, () => {
  let stack: RunningStack;
  let browser: Browser;
  const requested = new Set<string>();
  before(async () => {
    [stack, browser] = await Promise.all([startStack(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function openPage(url: string): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true }); // nobody has told the browser of our authority
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    page.on("request", (request) => {
      if (/^(http|ws)/.test(request.url())) requested.add(new URL(request.url()).hostname); // not blob: and data:
    });
    await page.goto(url);
    return page;
  }

  /** Says something and waits for both answers; returns the milliseconds until the second one is on the page. */
  async function say(page: Page, text: string): Promise<number> {
    const box = page.getByRole("textbox", { name: /message/i });
    await box.fill(text);
    const begin = performance.now();
    while (await box.inputValue()) await box.press("Enter"); // Web Chat ignores it until it is connected
    await page.getByText(replies.queued(text), { exact: true }).first().waitFor();
    await page.getByText(replies.proactiveText(text), { exact: true }).first().waitFor();
    return performance.now() - begin;
  }

  test("the console page answers hello twice, and speaks when the form puts a message on the queue", async () => {
    const page = await openPage(stack.description.local.page);
    await say(page, "hello");
    await page.getByLabel("Text").fill("from the form");
    await page.getByRole("button", { name: "Put on the queue" }).click();
    await page.getByText(replies.proactiveText("from the form"), { exact: true }).first().waitFor();
    const said = page.locator("#messages .delivered", {
      hasText: /put on the queue.*dequeued by the function.*received by the bot.*accepted by the channel/s,
    });
    await said.nth(1).waitFor(); // the echo's, and the form's
    assert.match(
      (await page.locator("#command").textContent()) ?? "",
      /^npm run cli -- send --conversation \w+ --text /,
    );
  });

  test("the bot's own page answers hello twice", async () => {
    await say(await openPage(String(stack.description.outputs.webChatUrl)), "hello");
  });

  test("a survey that comes back by itself is answered with Web Chat's buttons and text box, to its end", async () => {
    const page = await openPage(String(stack.description.outputs.webChatUrl));
    const box = page.getByRole("textbox", { name: /message/i });
    const type = async (text: string) => {
      await box.fill(text);
      while (await box.inputValue()) await box.press("Enter");
    };
    const press = (name: string) => page.locator("button.webchat__suggested-action", { hasText: name }).click();
    const shown = (text: string) => page.getByText(text, { exact: true }).first().waitFor();
    await type("new");
    await press("A little");
    await shown("How many hours a week do you have for it?");
    await type("3");
    await shown("What would you like to be able to do in the end?");
    await type("Speak freely");
    await shown("Experience: A little");
    await shown("Hours a week: 3");
    await shown("Goal: Speak freely");
    await press("Yes");
    await shown("Thank you! Your answers are kept.");
  });

  test("no page asks another machine for anything", () => {
    assert.deepEqual([...requested].sort(), ["127.0.0.1", "localhost"]);
  });

  test("the page does not hold a proactive message back for Web Chat's five seconds", async () => {
    const page = await openPage(stack.description.local.page);
    const times: number[] = [];
    while (!times.some((time) => time < 5_000)) {
      times.push(await say(page, `message ${times.length}`));
      assert.ok(times.length < 10, `they took ${times} ms`); // some may on a busy machine
    }
  });
});
