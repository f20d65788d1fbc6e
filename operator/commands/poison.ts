import type { Command } from "commander";
import type { HeldPoison, PoisonMessage } from "../../message";
import { confirmed } from "../confirmed";
import type { Desk } from "../desk";
import { Failure, WrongUsage } from "../failure";
import { perform } from "../perform";
import { hasId, nameOf, PoisonReasons, toldPoison } from "../poison-view";
import { printableLines } from "../printable";
import { note, type Report } from "../report";
import { requeue } from "../requeue";
import { textTable } from "../text-table";

const examples = `
What could not be delivered lies in the poison queue until somebody looks after it. ID is the poison queue's id of a
message, or the message's own.

Examples:
  npm run send -- poison list
  npm run send -- poison show ID
  npm run send -- poison requeue ID
  npm run send -- poison drop --all --yes
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
  const messages = all ? await everyOne(desk) : await desk.poison.peek();
  const reasons = await PoisonReasons.of(desk, messages);
  const data = { count: Math.max(count, messages.length), messages: messages.map((one) => toldPoison(one, reasons)) };
  return { data, text: messages.length ? listText(messages, reasons, count) : `Nothing is in ${desk.poison.name}.` };
}

async function everyOne({ poison }: Desk): Promise<PoisonMessage[]> {
  const held = await poison.take();
  await poison.giveBack(held);
  return held;
}

function listText(messages: PoisonMessage[], reasons: PoisonReasons, count: number): string {
  const titles = ["QUEUE'S ID", "OWN ID", "SINCE", "CONVERSATION", "WHY"];
  const row = (one: PoisonMessage) => {
    const { queueId, since, message } = one;
    return [queueId, message?.id ?? undefined, since, message?.relatesTo.conversation.id, reasons.why(one)];
  };
  const more = count > messages.length ? `\n\nThere are about ${count}; --all lists every one.` : "";
  return textTable(titles, messages.map(row)) + more;
}

async function show(desk: Desk, id: string): Promise<Report> {
  const one = (await desk.poison.peek()).find(hasId(id)) ?? (await everyOne(desk)).find(hasId(id));
  if (!one) throw unknown(desk, id);
  const reasons = await PoisonReasons.of(desk, [one]);
  note(`In ${desk.poison.name} since ${one.since.toISOString()}: ${reasons.why(one)}`);
  const text = process.stdout.isTTY ? printableLines(one.text) : one.text;
  return { text, data: { ...toldPoison(one, reasons), text: one.text } };
}

async function putBack(desk: Desk, id: string | undefined): Promise<Report> {
  const done: { queueId: string; id: string }[] = [];
  const failed = await withEach(desk, id, async (held) => {
    done.push({ queueId: held.queueId, id: await requeue(desk, held) });
  });
  const lines = done.map(({ id }) => `On the queue again: ${id}`);
  return { data: { requeued: done, failed }, text: linesOf(lines, failed, desk), failed: failed.length > 0 };
}

async function drop(desk: Desk, id: string | undefined, yes: boolean): Promise<Report> {
  if (id === undefined && !yes) await confirm(desk);
  const done: { queueId: string; id?: string | null }[] = [];
  const failed = await withEach(desk, id, async (held) => {
    await desk.poison.remove(held);
    done.push({ queueId: held.queueId, id: held.message?.id });
  });
  const lines = done.map((one) => `Dropped: ${one.id ?? one.queueId}`);
  return { data: { dropped: done, failed }, text: linesOf(lines, failed, desk), failed: failed.length > 0 };
}

async function confirm({ poison }: Desk): Promise<void> {
  const question = `Delete all of about ${await poison.count()} messages in ${poison.name} for good?`;
  if (!(await confirmed(question))) throw new Failure("Nothing was deleted.");
}

interface Failed {
  queueId: string;
  id?: string | null;
  reason: string;
}

/** Does something with one message or with all, and gives back what is left then. @throws Failure when the one is not there */
async function withEach(
  desk: Desk,
  id: string | undefined,
  work: (held: HeldPoison) => Promise<void>,
): Promise<Failed[]> {
  const held = await (id === undefined ? desk.poison.take() : desk.poison.take(hasId(id)));
  const left = new Set(held);
  const failed: Failed[] = [];
  try {
    const chosen = id === undefined ? held : [held.find(hasId(id)) ?? fail(unknown(desk, id))];
    for (const one of chosen) {
      await work(one).then(
        () => left.delete(one),
        ({ message }: Error) => failed.push({ queueId: one.queueId, id: one.message?.id, reason: message }),
      );
    }
  } finally {
    await desk.poison.giveBack([...left]);
  }
  return failed;
}

function linesOf(done: string[], failed: Failed[], { poison }: Desk): string {
  const lines = [...done, ...failed.map((one) => `Still in ${poison.name}: ${nameOf(one)}: ${one.reason}`)];
  return lines.length ? lines.join("\n") : `Nothing is in ${poison.name}.`;
}

function unknown({ poison }: Desk, id: string): Failure {
  return new Failure(`No message ${id} is in ${poison.name}: "poison list" shows those that are.`);
}

function fail(failure: Failure): never {
  throw failure;
}
