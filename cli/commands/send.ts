import type { Command } from "commander";
import { Batch } from "../../core/queue/outbox";
import { confirmed } from "../confirmed";
import type { Desk } from "../desk";
import { Failure } from "../failure";
import { follow } from "../following";
import { interruption } from "../interruption";
import { type Letter, type Mailing, mailingOf } from "../letters";
import type { Outcome } from "../outcome";
import { perform } from "../perform";
import { type Posting, post } from "../posting";
import { Progress } from "../progress";
import { note, type Report } from "../report";
import { type SendOptions, type SendPlan, sendPlan } from "../send-plan";
import { countOf, dryRunReport, quoted, sendReport } from "../send-report";

const examples = `
FILE is a queue message as JSON, {"relatesTo": …, "text": …} or {"to": …, "text": …}; - reads standard input.

A Teams user who never wrote to the bot is named by their Microsoft Entra object id, with --tenant. The app must be
installed for them: docs/reach.md.

TIME is +20s, +5m, +2h or +10d from now, or like 2026-12-01T09:00 (this machine's time), 2026-12-01T09:00Z or
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
    .command("send", { isDefault: true })
    .description("makes the bot speak first (also without the word send)")
    .argument("[FILE]", "a queue message as JSON, or - for standard input")
    .option("--to <USER>", "a user, where the bot heard of them last")
    .option("--tenant <ID>", "with --to: the user's Microsoft Entra tenant; reaches on Teams a user who never wrote")
    .option("--channel <NAME>", "with --to: the user's channel; with --tenant it is msteams")
    .option("--conversation <ID>", "a conversation; the local page shows its own")
    .option("--all", "everyone whom the bot can speak to alone, but not who has opted out; asks before it sends")
    .option("--yes", "with --all: do not ask")
    .option("--dry-run", "list whom it would reach, and send nothing")
    .option("--even-opted-out", "with --to or --conversation: also to a user who has opted out")
    .option("--text <TEXT>", "what the bot is to bring")
    .option("--dialog [NAME]", "the dialog to start; without a name the default one")
    .option("--at <TIME>", "not to be said earlier")
    .option("--id <ID>", "a message is said once under its id, however often it is sent; for --all the batch's")
    .option("--wait [SECONDS]", "look what becomes of it, for 120 seconds if not told otherwise; after --at")
    .addHelpText("after", examples)
    .allowExcessArguments()
    .action(async (_file, options: SendOptions, command: Command) => {
      const plan = sendPlan(options, command.args);
      await perform(command, (desk) => send(desk, plan, interruption()));
    });
}

async function send(desk: Desk, plan: SendPlan, signal: AbortSignal): Promise<Report> {
  const mailing = await mailingOf(desk, plan);
  if (plan.isDryRun) return dryRunReport(mailing);
  await refuseCancelled(desk, plan);
  if (plan.whom === "all") await agree(mailing, plan);
  const posting = await put(desk, plan, mailing, signal);
  const outcome = await wait(desk, plan, posting.sent, signal);
  return sendReport(desk.stack, plan, posting, outcome);
}

/** Each message of it would be refused. */
async function refuseCancelled(desk: Desk, { id }: SendPlan): Promise<void> {
  const [row] = await desk.delivery(id);
  if (row?.status === "cancelled") throw new Failure(`The id ${id} was cancelled, and stays so: choose another --id.`);
}

/** @throws Failure when the operator does not want to reach so many, WrongUsage where nobody can be asked */
async function agree({ letters, optedOut }: Mailing, { isAgreed }: SendPlan): Promise<void> {
  const left = optedOut ? ` ${optedOut} more ${optedOut === 1 ? "has" : "have"} opted out.` : "";
  const reach = `This will reach ${countOf(letters.length)}.${left}`;
  if (isAgreed) return note(reach);
  if (!(await confirmed(`${reach} Send it?`))) throw new Failure("Nothing was sent.");
}

async function put(
  desk: Desk,
  { whom, id, notBefore }: SendPlan,
  { letters, json }: Mailing,
  signal: AbortSignal,
): Promise<Posting> {
  if (whom !== "all")
    return post({ put: (letter) => desk.outbox.put(letter, undefined, json) }, letters, undefined, signal);
  note(`Batch: ${id}. If this ends too early, the same command with --id ${quoted(id)} goes on.`);
  const progress = new Progress(letters.length, "on the queue");
  const batch = new Batch(id, desk.stack.sendsPerSecond, notBefore);
  const posting = await post(desk.outbox, letters, batch, signal, ({ sent, failed }) =>
    progress.at(sent.length, failed.length ? `${failed.length} failed` : ""),
  );
  progress.end();
  return posting;
}

/** Undefined: nobody asked, or there is nothing to wait for. */
async function wait(desk: Desk, plan: SendPlan, sent: Letter[], signal: AbortSignal): Promise<Outcome | undefined> {
  const { waitSeconds, notBefore, whom, id } = plan;
  const [first] = sent;
  if (waitSeconds === undefined || !first) return undefined;
  const rows = () => (whom === "all" ? desk.deliveriesOf(id) : desk.delivery(first.id));
  const end = new Date(Math.max(Date.now(), notBefore?.getTime() ?? 0) + waitSeconds * 1000);
  const progress = new Progress(sent.length, "delivered");
  const ids = sent.map((letter) => letter.id);
  const outcome = await follow(ids, rows, end, signal, ({ delivered, failed, waiting, problem }) =>
    progress.at(delivered, problem ? "deliveries cannot be read" : `${failed} failed, ${waiting} waiting`),
  );
  progress.end();
  return outcome;
}
