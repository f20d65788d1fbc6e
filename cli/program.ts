import { Command } from "commander";
import { addAnswers } from "./commands/answers";
import { addCancel } from "./commands/cancel";
import { addPoison } from "./commands/poison";
import { addSend } from "./commands/send";
import { addStatus } from "./commands/status";
import { addTeams } from "./commands/teams";
import { addUsers } from "./commands/users";

const description = `Send messages as the bot, and see what became of them.

The tool works on the Pulumi stack that --stack names. Without --stack it takes the local stack that runs on this machine \
("npm start"), or else the stack that is selected in Pulumi. In Azure it uses your login ("az login").`;

const notes = `
"npm run cli -- help COMMAND" shows the options of a command.

Exit codes: 0 success, 1 failure, 2 invalid usage.

Examples:
  npm run cli -- users
  npm run cli -- send --to USER --text "Hello from outside"
  npm run cli -- send --all --dialog newSurvey --yes --wait
  npm run cli -- status ID
  npm run cli -- cancel ID
  npm run cli -- --stack prod poison list
  npm run --silent cli -- status --all --json
`;

/** The command line. Commands throw their errors; nothing in it ends the process. */
export function createProgram(): Command {
  const program = new Command("npm run cli --")
    .description(description)
    .option("--stack <NAME>", "Pulumi stack to work on")
    .option("--port <N>", "Port of the local stack's page, where several local stacks run")
    .option("--json", "Print one JSON object on stdout, and everything else on stderr")
    .helpOption("-h, --help", "Show this help")
    .helpCommand("help [COMMAND]", "Show the help of a command")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} }) // the error is thrown, too
    .addHelpText("after", notes)
    .exitOverride();
  const commands = [addSend, addUsers, addStatus, addCancel, addPoison, addAnswers, addTeams];
  for (const add of commands) add(program);
  return program;
}
