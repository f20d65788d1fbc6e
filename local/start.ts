import { command } from "./command";
import { endWhenTold } from "./ending";
import { Screen } from "./screen";
import { LocalStack } from "./stack";
import type { StackDescription } from "./stack-description";
import { help, type StartOptions } from "./start-options";

/** `npm start`: the whole template on this machine, until a signal stops it. */
async function start(options: StartOptions): Promise<void> {
  const screen = new Screen(options.json ? process.stderr : process.stdout);
  const stack = new LocalStack();
  const declaredOnly: string[] = [];
  const end = endWhenTold({ close: () => stack.down(), remove: () => stack.remove() });
  try {
    screen.say("Bringing up the program's resources on this machine:");
    const description = await stack.up({
      port: options.port,
      onPort: (port, taken) => screen.say(`Port ${taken} is taken, so the page is on ${port}.`),
      propagation: options.propagation,
      config: options.config,
      onDeclaredOnly: options.strict ? undefined : (thing) => declaredOnly.push(thing),
      onMade: (resource) => screen.made(resource),
      log: (source, line) => screen.log(source, line),
      onDeath: (app, cause) => end(1, `The ${app} ${cause}, so everything was stopped. Its last lines are above.`),
    });
    screen.declaredOnly(declaredOnly);
    screen.up(description);
    if (options.json) print(description);
  } catch (error) {
    screen.declaredOnly(declaredOnly);
    await end(1, (error as Error).message);
  }
}

function print(description: StackDescription): void {
  process.stdout.write(`${JSON.stringify(description)}\n`);
}

command(help, start);
