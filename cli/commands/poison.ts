import type { Command } from "commander";
import { destinationOf } from "../../core/message/addressee";
import type { HeldPoison, PoisonMessage } from "../../core/queue/poison-queue";
import { CommandError, errorMessage, UsageError } from "../errors";
import { confirm, note } from "../output/terminal";
import { countOf, printableLines, textTable } from "../output/text";
import { type ExplainedPoison, explain, hasId, requeue } from "../poison-messages";
import { type Report, runCommand } from "../run-command";
import type { StackClient } from "../stack-client";

const notes = `
Messages that are invalid or have failed for good stay in the poison queue. ID is the message's own id, or the id that the
poison queue gave it.

Examples:
  npm run cli -- poison list
  npm run cli -- poison show ID
  npm run cli -- poison requeue ID
  npm run cli -- poison drop --all --yes
`;

interface PoisonOptions {
  all?: boolean;
  yes?: boolean;
}

export function addPoison(program: Command): void {
  const poison = program
    .command("poison")
    .description("List, show, requeue or drop messages that could not be delivered")
    .addHelpText("after", notes);
  poison
    .command("list")
    .description("List the messages and their reasons")
    .option("--all", "List more than 32; hides the messages from other readers for a moment")
    .action(({ all = false }: PoisonOptions, command: Command) => runCommand(command, (client) => list(client, all)));
  poison
    .command("show")
    .description("Show one message with its content, as it came")
    .argument("<ID>", "Id of the message")
    .action((id: string, _options, command: Command) => runCommand(command, (client) => show(client, id)));
  poison
    .command("requeue")
    .description("Put messages back on the queue, for one more try")
    .argument("[ID]", "Id of the message")
    .option("--all", "Requeue all messages")
    .action(async (id: string | undefined, options: PoisonOptions, command: Command) => {
      checkChoice(id, options);
      await runCommand(command, (client) => requeueChosen(client, id));
    });
  poison
    .command("drop")
    .description("Delete messages for good")
    .argument("[ID]", "Id of the message")
    .option("--all", "Drop all messages")
    .option("--yes", "With --all: do not ask")
    .action(async (id: string | undefined, options: PoisonOptions, command: Command) => {
      checkChoice(id, options);
      await runCommand(command, (client) => drop(client, id, options.yes ?? false));
    });
}

function checkChoice(id: string | undefined, { all = false }: PoisonOptions): void {
  if ((id === undefined) !== all) throw new UsageError("Give either an ID or --all.");
}

async function list(client: StackClient, all: boolean): Promise<Report> {
  const { poison, deliveries } = client;
  const count = await poison.count();
  const messages = await explain(deliveries, all ? await readAll(client) : await poison.peek());
  const data = { count: Math.max(count, messages.length), messages: messages.map(poisonData) };
  return { data, text: messages.length ? listText(messages, count) : await noMessagesText(client) };
}

async function readAll({ poison }: StackClient): Promise<PoisonMessage[]> {
  const held = await poison.take();
  await poison.giveBack(held);
  return held;
}

function listText(messages: ExplainedPoison[], count: number): string {
  const rows = messages.map(({ poison: { queueId, since, message }, reason }) => {
    return [queueId, message?.id ?? undefined, since, message && destinationOf(message).conversationId, reason];
  });
  const table = textTable(["QUEUE ID", "OWN ID", "SINCE", "CONVERSATION", "REASON"], rows);
  return count > messages.length ? `${table}\n\nThe queue has about ${count} messages. List all with --all.` : table;
}

/** A queue can look empty while another reader holds its messages. */
async function noMessagesText({ poison }: StackClient): Promise<string> {
  const count = await poison.count();
  return count
    ? `The queue ${poison.name} has about ${countOf(count, "message")}, but another reader holds them. ${heldElsewhere}`
    : `The queue ${poison.name} is empty.`;
}

const heldElsewhere = "Messages that another reader holds come back within two minutes.";

async function show(client: StackClient, id: string): Promise<Report> {
  const { poison, deliveries } = client;
  const found = (await poison.peek()).find(hasId(id)) ?? (await readAll(client)).find(hasId(id));
  const [explained] = found ? await explain(deliveries, [found]) : [];
  if (!explained) throw notFound(client, id);
  const { text, since } = explained.poison;
  note(`In ${poison.name} since ${since.toISOString()}: ${explained.reason}`);
  return { text: process.stdout.isTTY ? printableLines(text) : text, data: { ...poisonData(explained), text } };
}

/** A message for programs. */
function poisonData({ poison: { queueId, since, message }, reason }: ExplainedPoison) {
  const to = destinationOf(message ?? {});
  return { queueId, id: message?.id, since, ...to, readable: message !== undefined, reason };
}

function requeueChosen(client: StackClient, id: string | undefined): Promise<Report> {
  return processChosen(client, id, "requeued", (held) => requeue(client, held));
}

async function drop(client: StackClient, id: string | undefined, isConfirmed: boolean): Promise<Report> {
  const { poison } = client;
  if (id === undefined && !isConfirmed) {
    const question = `Delete all of about ${countOf(await poison.count(), "message")} in ${poison.name} for good?`;
    if (!(await confirm(question))) throw new CommandError("Nothing was deleted.");
  }
  return processChosen(client, id, "dropped", async (held) => {
    await poison.remove(held);
    return held.message?.id;
  });
}

interface MessageIds {
  queueId: string;
  id?: string | null;
}

/**
 * Does some work with one message, or with all, and gives the rest back to the queue.
 * @param work resolves to the message's own id @throws CommandError when no message has the id
 */
async function processChosen(
  client: StackClient,
  id: string | undefined,
  verb: "requeued" | "dropped",
  work: (held: HeldPoison) => Promise<MessageIds["id"]>,
): Promise<Report> {
  const { poison } = client;
  const held = await (id === undefined ? poison.take() : poison.take(hasId(id)));
  const rest = new Set(held);
  const done: MessageIds[] = [];
  const failed: (MessageIds & { reason: string })[] = [];
  try {
    const chosen = id === undefined ? held : held.filter(hasId(id)).slice(0, 1);
    if (id !== undefined && !chosen.length) throw notFound(client, id);
    for (const one of chosen) {
      const { queueId, message } = one;
      try {
        done.push({ queueId, id: await work(one) });
        rest.delete(one);
      } catch (error) {
        failed.push({ queueId, id: message?.id, reason: errorMessage(error as Error) });
      }
    }
  } finally {
    await poison.giveBack([...rest]);
  }
  const lines = [
    ...done.map(({ queueId, id }) => `${id ?? queueId} is ${verb}.`),
    ...failed.map(({ queueId, id, reason }) => `${id ?? queueId} is still in ${poison.name}. ${reason}`),
  ];
  const text = lines.length ? lines.join("\n") : await noMessagesText(client);
  return { data: { [verb]: done, failed }, text, failed: failed.length > 0 };
}

function notFound({ poison }: StackClient, id: string): CommandError {
  return new CommandError(
    `The queue ${poison.name} has no message ${id} at the moment. "poison list" lists its messages. ${heldElsewhere}`,
  );
}
