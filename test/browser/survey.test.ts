import { after, before, describe, test } from "node:test";
import { QueueClient } from "@azure/storage-queue";
import type { Browser, Page } from "playwright-core";
import { replies } from "../../bot/replies";
import { operatorCredential } from "../../cli/stack/operator-credential";
import { patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { openBrowser, skipWithoutChromium } from "./browser";

describe("a survey that somebody starts from outside, for a user who has said nothing", {
  skip: skipWithoutChromium,
}, () => {
  let stack: Awaited<ReturnType<typeof OwnStack.up>>;
  let browser: Browser;
  before(async () => {
    [stack, browser] = await Promise.all([OwnStack.up(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await stack?.down();
  });

  /** The console page, and the id of its conversation. */
  async function openChat(): Promise<{ chat: Chat; conversation: string }> {
    const page = await browser.newPage();
    page.setDefaultTimeout(patience);
    await page.goto(stack.description.local.page);
    const command = page.locator("#command", { hasText: "--conversation" });
    const [, conversation = ""] = /--conversation (\S+)/.exec((await command.textContent()) ?? "") ?? [];
    return { chat: new Chat(page), conversation };
  }

  /** The article's own JSON. */
  async function drop(conversation: string, fields: string | object): Promise<void> {
    const { outputs, local } = stack.description;
    const relatesTo = {
      user: { id: "default-user", name: "Harsh Raj" },
      bot: { id: outputs.botName, name: "SurveyBot" },
      conversation: { id: conversation },
      channelId: "directline",
      serviceUrl: local.directLine.serviceUrl,
    };
    const queue = new QueueClient(String(outputs.queueUrl), operatorCredential(stack.description));
    const content = typeof fields === "string" ? { text: fields } : fields;
    await queue.sendMessage(JSON.stringify({ relatesTo, isTrustedServiceUrl: true, ...content }));
  }

  test("new: it is completed in Web Chat, though the bot is restarted in the middle", async () => {
    const { chat, conversation } = await openChat();
    await drop(conversation, "new");
    await chat.shows("Welcome to the course! Three short questions, so that it suits you.");
    await chat.press("A little");
    await chat.shows("How many hours a week do you have for it?");
    await stack.restart("bot");
    await chat.type("3");
    await chat.shows("What would you like to be able to do in the end?");
    await stack.restart("bot");
    await chat.type("Speak freely");
    for (const line of ["Experience: A little", "Hours a week: 3", "Goal: Speak freely"]) await chat.shows(line);
    await chat.press("Yes");
    await chat.shows("Thank you! Your answers are kept.");
  });

  test("old: it is completed in Web Chat, though the bot is restarted in the middle", async () => {
    const { chat, conversation } = await openChat();
    await drop(conversation, "old");
    await chat.shows("You have been with the course for a while. What do you think of it?");
    await chat.pressOnCard("5");
    await chat.shows("Would you recommend it to a friend?");
    await chat.pressOnCard("1");
    await chat.shows("That question is not open any more. Please answer this one.");
    await stack.restart("bot");
    await chat.press("Yes");
    await chat.shows("What is the one thing that we should change?");
    await chat.type("Nothing");
    for (const line of ["Rating: 5", "Recommended: Yes", "To be changed: Nothing"]) await chat.shows(line);
    await chat.press("Yes");
    await chat.shows("Thank you! Your answers are kept.");
  });

  test("a card is shown with its text and its input, and what it submits comes back", async () => {
    const { chat, conversation } = await openChat();
    const content = {
      type: "AdaptiveCard",
      version: "1.3",
      body: [
        { type: "TextBlock", text: "Your seat is booked" },
        { type: "Input.Text", id: "answer", label: "Anything we should know?" },
      ],
      actions: [{ type: "Action.Submit", title: "Send" }],
    };
    await drop(conversation, {
      text: "Good news",
      attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content }],
    });
    await chat.shows(replies.proactiveText("Good news"));
    await chat.shows("Your seat is booked");
    await chat.fill("Anything we should know?", "I am vegan");
    await chat.pressOnCard("Send");
    await chat.shows("You said I am vegan.");
    await chat.shows(replies.proactiveText("I am vegan"));
  });

  test("a message in the middle of a survey leaves its buttons to be pressed", async () => {
    const { chat, conversation } = await openChat();
    await drop(conversation, "new");
    await chat.shows("How much do you know about the subject already?");
    await drop(conversation, "News");
    await chat.shows(replies.proactiveText("News"));
    await chat.press("A little");
    await chat.shows("How many hours a week do you have for it?");
  });
});

/** Web Chat on a page, as a person uses it. */
class Chat {
  constructor(private readonly page: Page) {}

  async type(text: string): Promise<void> {
    const box = this.page.getByRole("textbox", { name: /message/i });
    await box.fill(text);
    while (await box.inputValue()) await box.press("Enter"); // Web Chat ignores it until it is connected
  }

  async press(button: string): Promise<void> {
    await this.page.locator("button.webchat__suggested-action", { hasText: button }).click();
  }

  async pressOnCard(button: string): Promise<void> {
    await this.page.locator("#chat .ac-adaptiveCard").getByRole("button", { name: button, exact: true }).click();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.locator("#chat .ac-adaptiveCard").getByLabel(label).fill(text);
  }

  /** A question with choices shows them below itself, in a paragraph of its own. */
  async shows(text: string): Promise<void> {
    await this.page.locator("#chat").getByText(text).first().waitFor();
  }
}
