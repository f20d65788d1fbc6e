import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { OpenUser } from "../virtual-user";
import type { FloorAddresses } from "./addresses";
import { openFloorUser } from "./floor-user";

/**
 * The lower bound of a round trip on this machine: Azurite, the wait for the host's next poll, and plain HTTP requests.
 * It has the same three processes as the stack (Azurite shares one with the cloud's servers), so that both use the CPUs alike.
 */
export class Floor {
  private constructor(
    private readonly children: ChildProcess[],
    private readonly addresses: FloorAddresses,
  ) {}

  static async open(): Promise<Floor> {
    const bot = start("bot");
    const [port] = await firstMessage<number>(bot);
    const cloud = start("cloud", String(port));
    const poller = start("function");
    const [[addresses]] = await Promise.all([firstMessage<FloorAddresses>(cloud), firstMessage(poller)]);
    for (const child of [bot, poller]) child.send(addresses);
    return new Floor([bot, cloud, poller], addresses);
  }

  /** Opens a user of the floor. */
  get openUser(): OpenUser {
    return () => openFloorUser(this.addresses);
  }

  async close(): Promise<void> {
    await Promise.all(this.children.map(end));
  }
}

/** Starts a process that ends with this one, because its IPC channel closes. */
function start(name: string, ...args: string[]): ChildProcess {
  const stdio: ["ignore", "inherit", "inherit", "ipc"] = ["ignore", "inherit", "inherit", "ipc"];
  return fork(path.join(__dirname, `${name}.ts`), args, { execArgv: ["-r", "tsx/cjs"], stdio });
}

async function firstMessage<T>(child: ChildProcess): Promise<[T]> {
  const died = once(child, "exit").then(() => {
    throw new Error("A process of the floor ended before it was ready.");
  });
  return (await Promise.race([once(child, "message"), died])) as [T];
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.disconnect();
  await ended;
}
