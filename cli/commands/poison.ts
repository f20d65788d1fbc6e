import type { Command } from "commander";
import { destinationOf } from "../../core/message/addressee";
import type { HeldPoison, PoisonMessage } from "../../core/queue/poison-queue";
import { confirmed } from "../confirmed";
import type { Desk } from "../desk";
import { errorText } from "../error-text";
import { Failure, WrongUsage } from "../failure";
import { perform } from "../perform";
import { type Explained, explained, hasId, toldPoison } from "../poison-view";
import { printableLines } from "../printable";
import { note, type Report } from "../report";
import { requeue } from "../requeue";
import { textTable } from "../text-table";

const examples = `
What could not be delivered lies in the poison queue until somebody looks after it. ID is the poison queue's id of a
message, or the message's own.

Examples:
  npm run cli -- poison list
  npm run cli -- poison show ID
  npm run cli -- poison requeue ID
  npm run cli -- poison drop --all --yes
`;

interface WhichOptions {
  all?: boolean;
  yes?: boolean;
}

export function addPoison(program: Command): void {
  const poison = program
    .command("poison")
    .description("what could not be delivered: list, show, requeue, drop")
    .addHelpText("after", examples);
  poison
    .command("list")
    .description("the messages, and why they failed")
    .option("--all", "more than 32, too; they are kept from others for that moment")
    .action(({ all = false }: WhichOptions, command: Command) => perform(command, (desk) => list(desk, all)));
  poison
    .command("show")
    .description("one message, as it came: with its words")
    .argument("<ID>")
    .action((id: string, _options, command: Command) => perform(command, (desk) => show(desk, id)));
  poison
    .command("requeue")
    .description("puts messages back on the queue, to be tried once more")
    .argument("[ID]")
    .option("--all", "every one")
    .action(async (id: string | undefined, options: WhichOptions, command: Command) => {
      refuseUnclear(id, options);
      await perform(command, (desk) => putBack(desk, id));
    });
  poison
    .command("drop")
    .description("deletes messages for good")
    .argument("[ID]")
    .option("--all", "every one")
    .option("--yes", "with --all: do not ask")
    .action(async (id: string | undefined, options: WhichOptions, command: Command) => {
      refuseUnclear(id, options);
      await perform(command, (desk) => drop(desk, id, options.yes ?? false));
    });
}

function refuseUnclear(id: string | undefined, { all = false }: WhichOptions): void {
  if ((id === undefined) !== all) throw new WrongUsage("Say an ID, or --all: which messages you mean.");
}

async function list(desk: Desk, all: boolean): Promise<Report> {
  const count = await desk.poison.count();
  const messages = await explained(desk, all ? await everyOne(desk) : await desk.poison.peek());
  const data = { count: Math.max(count, messages.length), messages: messages.map(toldPoison) };
  return { data, text: messages.length ? listText(messages, count) : await nothing(desk) };
}

async function everyOne({ poison }: Desk): Promise<PoisonMessage[]> {
  const held = await poison.take();
  await poison.giveBack(held);
  return held;
}

function listText(messages: Explained[], count: number): string {
  const titles = ["QUEUE'S ID", "OWN ID", "SINCE", "CONVERSATION", "WHY"];
  const row = ({ one: { queueId, since, message }, why }: Explained) => {
    return [queueId, message?.id ?? undefined, since, message && destinationOf(message).conversationId, why];
  };
  const more = count > messages.length ? `\n\nThere are about ${count}; --all lists every one.` : "";
  return textTable(titles, messages.map(row)) + more;
}

/** Who sees nothing may be looking while somebody else has it all in hand. */
async function nothing({ poison }: Desk): Promise<string> {
  const count = await poison.count();
  return count ? `About ${count} messages are in ${poison.name}, and ${elsewhere}.` : `Nothing is in ${poison.name}.`;
}

const elsewhere = "what somebody else has in hand comes back within two minutes";

async function show(desk: Desk, id: string): Promise<Report> {
  const found = (await desk.poison.peek()).find(hasId(id)) ?? (await everyOne(desk)).find(hasId(id));
  const [known] = found ? await explained(desk, [found]) : [];
  if (!known) throw unknown(desk, id);
  const { text, since } = known.one;
  note(`In ${desk.poison.name} since ${since.toISOString()}: ${known.why}`);
  return { text: process.stdout.isTTY ? printableLines(text) : text, data: { ...toldPoison(known), text } };
}

async function putBack(desk: Desk, id: string | undefined): Promise<Report> {
  const { done, failed } = await withEach(desk, id, (held) => requeue(desk, held));
  const lines = done.map((one) => `On the queue again: ${one.id}`);
  return { data: { requeued: done, failed }, text: await linesOf(lines, failed, desk), failed: failed.length > 0 };
}

async function drop(desk: Desk, id: string | undefined, yes: boolean): Promise<Report> {
  if (id === undefined && !yes) await confirm(desk);
  const { done, failed } = await withEach(desk, id, async (held) => {
    await desk.poison.remove(held);
    return held.message?.id;
  });
  const lines = done.map((one) => `Dropped: ${one.id ?? one.queueId}`);
  return { data: { dropped: done, failed }, text: await linesOf(lines, failed, desk), failed: failed.length > 0 };
}

async function confirm({ poison }: Desk): Promise<void> {
  const question = `Delete all of about ${await poison.count()} messages in ${poison.name} for good?`;
  if (!(await confirmed(question))) throw new Failure("Nothing was deleted.");
}

interface Named {
  queueId: string;
  id?: string | null;
}

type Failed = Named & { reason: string };

/**
 * Does something with one message or with all, and gives back what is left then.
 * @param work resolves to the message's own id @throws Failure when the one is not there
 */
async function withEach(desk: Desk, id: string | undefined, work: (held: HeldPoison) => Promise<Named["id"]>) {
  const held = await (id === undefined ? desk.poison.take() : desk.poison.take(hasId(id)));
  const left = new Set(held);
  const done: Named[] = [];
  const failed: Failed[] = [];
  try {
    const chosen = id === undefined ? held : held.filter(hasId(id)).slice(0, 1);
    if (id !== undefined && !chosen.length) throw unknown(desk, id);
    for (const one of chosen) {
      const { queueId, message } = one;
      try {
        done.push({ queueId, id: await work(one) });
        left.delete(one);
      } catch (error) {
        failed.push({ queueId, id: message?.id, reason: errorText(error as Error) });
      }
    }
  } finally {
    await desk.poison.giveBack([...left]);
  }
  return { done, failed };
}

async function linesOf(done: string[], failed: Failed[], desk: Desk): Promise<string> {
  const lines = [
    ...done,
    ...failed.map(({ queueId, id, reason }) => `Still in ${desk.poison.name}: ${id ?? queueId}: ${reason}`),
  ];
  return lines.length ? lines.join("\n") : nothing(desk);
}

function unknown({ poison }: Desk, id: string): Failure {
  return new Failure(
    `No message ${id} is to be had in ${poison.name}: "poison list" shows those that are; ${elsewhere}.`,
  );
}
