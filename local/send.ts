import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseMessage } from "../message";
import { runningStack } from "./running-stack";
import { sendMessage } from "./send-message";
import { trust } from "./trust";

const help = `npm run send -- --conversation ID --text "Hello from outside"
npm run send -- FILE

  FILE               a queue message as JSON: {"relatesTo": …, "text": …}; - reads standard input
  --conversation ID  a Direct Line conversation; the page shows its own
  --text TEXT        what the bot is to bring back
  --port N           the stack whose page is on this port, where several run
  --help             this text
`;

/** `npm run send`: the outside world, putting a message on the running stack's queue. */
async function send(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      conversation: { type: "string" },
      text: { type: "string" },
      port: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const message = chosen(values, positionals);
  const stack = runningStack(values.port);
  trust(readFileSync(stack.local.caFile, "utf8"));
  await sendMessage(stack, message);
  process.stdout.write(`On the queue: ${stack.outputs.queueUrl}\n`);
}

function chosen({ conversation, text }: { conversation?: string; text?: string }, [file, ...more]: string[]) {
  if (file && !more.length && conversation === undefined && text === undefined) return fromFile(file);
  if (!file && conversation && text !== undefined) return { conversation, text };
  throw new Error(`Say either FILE, or --conversation and --text.\n\n${help}`);
}

/** Checked here, so that the sender learns what is wrong and not only the poison queue. */
function fromFile(file: string) {
  return parseMessage(readFileSync(file === "-" ? 0 : file, "utf8"));
}

send(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`Nothing was sent: ${error.message}\n`);
  process.exitCode = 1;
});
