import type { Command } from "commander";
import { Batch } from "../../core/queue/outbox";
import { type DeliverySummary, waitForDeliveries } from "../delivery-summary";
import { CommandError } from "../errors";
import {
  enqueueMessages,
  type OutgoingMessage,
  type OutgoingMessages,
  prepareMessages,
  type SendResult,
} from "../outgoing-messages";
import { audienceText, dryRunReport, sendReport } from "../output/send-report";
import { confirm, note, Progress } from "../output/terminal";
import { shellArgument } from "../output/text";
import { type Report, runCommand } from "../run-command";
import { readSendRequest, type SendOptions, type SendRequest } from "../send-request";
import type { StackClient } from "../stack-client";

const notes = `
FILE is a queue message as JSON: {"relatesTo": …, "text": …} or {"to": …, "text": …}. Use - for standard input.

A Teams user without a conversation is named by the Microsoft Entra object id, with --tenant. The app must be installed
for the user: docs/reach.md.

TIME is +20s, +5m, +2h or +10d from now, or 2026-12-01T09:00 (this machine's time), 2026-12-01T09:00Z or
2026-12-01T09:00+01:00.

Examples:
  npm run cli -- send --conversation ID --text "Hello from outside"
  npm run cli -- send message.json
  npm run cli -- send --to 00000000-0000-0000-0000-000000000000 --tenant contoso-tenant-id --text "Welcome!"
  npm run cli -- send --to USER --dialog newSurvey --wait
  npm run cli -- send --all --dialog --at +2h
  npm run cli -- send --all --text "We are back." --dry-run
  npm run cli -- send --all --text "We are back." --id outage-7 --yes --wait 600
`;

export function addSend(program: Command): void {
  program
    .command("send")
    .description("Send a message as the bot, or start a dialog")
    .argument("[FILE]", "Queue message as JSON, or - for standard input")
    .option("--to <USER>", "User to reach, in their most recent private conversation")
    .option(
      "--tenant <ID>",
      "With --to: the user's Microsoft Entra tenant; reaches a Teams user without a conversation",
    )
    .option("--channel <NAME>", "With --to: the user's channel (default with --tenant: msteams)")
    .option("--conversation <ID>", "Conversation to reach; the local page shows its own")
    .option("--all", "Everyone the bot can reach in private, except users who opted out; asks before sending")
    .option("--yes", "With --all: do not ask")
    .option("--dry-run", "List the recipients, and send nothing")
    .option("--even-opted-out", "With --to or --conversation: send also to a user who opted out")
    .option("--text <TEXT>", "Text to send")
    .option("--dialog [NAME]", "Dialog to start; without NAME the default dialog")
    .option("--at <TIME>", "Earliest time of delivery")
    .option(
      "--id <ID>",
      "Id of the message, or with --all of the batch; each id is delivered once, however often it is sent",
    )
    .option("--wait [SECONDS]", "Wait for the result (default: 120 seconds), counted from --at")
    .addHelpText("after", notes)
    .allowExcessArguments()
    .action(async (_file, options: SendOptions, command: Command) => {
      const request = readSendRequest(options, command.args);
      await runCommand(command, (client) => send(client, request, interruptSignal()));
    });
}

/** Aborts on every Ctrl-C, so that the work ends in good order: npm sends it twice, and the report must not be lost. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => controller.abort());
  return controller.signal;
}

async function send(client: StackClient, request: SendRequest, signal: AbortSignal): Promise<Report> {
  const outgoing = await prepareMessages(client, request);
  if (request.dryRun) return dryRunReport(outgoing);
  await checkNotCancelled(client, request);
  if (request.recipient === "all") await confirmAudience(outgoing, request);
  const result = await enqueue(client, request, outgoing, signal);
  const summary = await wait(client, request, result.sent, signal);
  return sendReport(client.stack, request, result, summary);
}

/** The bot would refuse every message under a cancelled id. */
async function checkNotCancelled({ deliveries }: StackClient, { id }: SendRequest): Promise<void> {
  if ((await deliveries.read(id))?.status !== "cancelled") return;
  throw new CommandError(`The id ${id} was cancelled, and stays cancelled. Choose another --id.`);
}

/** @throws CommandError when the operator says no, UsageError where nobody can answer */
async function confirmAudience(outgoing: OutgoingMessages, { yes }: SendRequest): Promise<void> {
  const audience = `This will reach ${audienceText(outgoing)}`;
  if (yes) return note(audience);
  if (!(await confirm(`${audience} Send it?`))) throw new CommandError("Nothing was sent.");
}

async function enqueue(
  { outbox, stack }: StackClient,
  { recipient, id, notBefore }: SendRequest,
  { messages, json }: OutgoingMessages,
  signal: AbortSignal,
): Promise<SendResult> {
  if (recipient !== "all")
    return enqueueMessages({ put: (message) => outbox.put(message, undefined, json) }, messages, undefined, signal);
  note(`Batch: ${id}. To continue after an interruption, run the same command with --id ${shellArgument(id)}.`);
  const progress = new Progress(messages.length, "on the queue");
  const batch = new Batch(id, stack.sendsPerSecond, notBefore);
  const result = await enqueueMessages(outbox, messages, batch, signal, ({ sent, failed }) =>
    progress.update(sent.length, failed.length ? `${failed.length} failed` : ""),
  );
  progress.end();
  return result;
}

/** Undefined without `--wait`, or without a message to wait for. */
async function wait(
  client: StackClient,
  { waitSeconds, notBefore, recipient, id }: SendRequest,
  sent: OutgoingMessage[],
  signal: AbortSignal,
): Promise<DeliverySummary | undefined> {
  const [first] = sent;
  if (waitSeconds === undefined || !first) return undefined;
  const readOne = async () => [await client.deliveries.read(first.id)].filter((row) => row !== undefined);
  const read = recipient === "all" ? () => client.listDeliveries(id) : readOne;
  const end = new Date(Math.max(Date.now(), notBefore?.getTime() ?? 0) + waitSeconds * 1000);
  const ids = sent.map((message) => message.id);
  const progress = new Progress(sent.length, "delivered");
  const summary = await waitForDeliveries(ids, read, end, signal, ({ delivered, failed, waiting, problem }) =>
    progress.update(delivered, problem ? "deliveries cannot be read" : `${failed} failed, ${waiting} waiting`),
  );
  progress.end();
  return summary;
}
