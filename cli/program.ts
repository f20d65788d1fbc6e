import { Command } from "commander";
import { addAnswers } from "./commands/answers";
import { addCancel } from "./commands/cancel";
import { addPoison } from "./commands/poison";
import { addSend } from "./commands/send";
import { addStatus } from "./commands/status";
import { addTeams } from "./commands/teams";
import { addUsers } from "./commands/users";

const about = `The operator's tool: makes the bot speak first, and shows what came of it.

It talks to the Pulumi stack that --stack names; else to the local stack that runs on this machine ("npm start"); \
else to the stack that is selected in Pulumi. In Azure it is whoever is logged in ("az login").`;

const after = `
"help COMMAND" says more of each, such as "help send" of --to, --all, --yes, --text, --dialog, --at, --id and --wait.

Exit codes: 0 done, 1 something failed, 2 it was not used as it is meant to be.

Examples:
  npm run cli -- users
  npm run cli -- send --to USER --text "Hello from outside"
  npm run cli -- send --all --dialog newSurvey --yes --wait
  npm run cli -- status ID
  npm run cli -- cancel ID
  npm run cli -- --stack prod poison list
  npm run --silent cli -- status --all --json
`;

/** The command line. Its commands throw what goes wrong; nothing in it ends the process. */
export function program(): Command {
  const root = new Command("npm run cli --")
    .description(about)
    .option("--stack <NAME>", "a Pulumi stack")
    .option("--port <N>", "the local stack whose page is on this port, where several run")
    .option("--json", "one JSON object on stdout; the rest goes to stderr")
    .helpOption("-h, --help", "this text")
    .helpCommand("help [COMMAND]", "how a command is used")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} }) // it is thrown, too
    .addHelpText("after", after)
    .exitOverride();
  const commands = [addSend, addUsers, addStatus, addCancel, addPoison, addAnswers, addTeams];
  for (const add of commands) add(root);
  return root;
}
