import type { Command } from "commander";
import { type CancelOptions, cancel } from "../cancelling";
import { perform } from "../perform";

const examples = `
ID is a message's id, or that of a batch: what "send --all" prints, or schedule-NAME-TIME for a run of a schedule. What has
not been delivered by then is not said any more. A batch that is still being put on the queue ends, too.

Examples:
  npm run cli -- cancel send-20261122T210000Z-x1y2z3
  npm run cli -- cancel schedule-weekday-2026-11-23T09:00:00.000Z
  npm run cli -- cancel schedule-weekday-2026-11-24T09:00:00.000Z --unseen
`;

export function addCancel(program: Command): void {
  program
    .command("cancel")
    .description("ends what has not been delivered yet of a message or a batch")
    .argument("<ID>")
    .option("--unseen", "also an id of which nothing is known yet, such as that of a schedule's next run")
    .addHelpText("after", examples)
    .action((id: string, options: CancelOptions, command: Command) =>
      perform(command, (desk) => cancel(desk, id, options)),
    );
}
