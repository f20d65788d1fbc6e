import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { OpenUser } from "../virtual-user";
import type { FloorAddresses } from "./addresses";
import { openFloorUser } from "./floor-user";

/**
 * What no round trip on this machine can be faster than: Azurite, the wait for the host's next poll and the bare hops.
 * Its three processes are cut as the stack's are (Azurite beside the cloud's servers), so that both share the CPUs alike.
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
    const [[place]] = await Promise.all([firstMessage<FloorAddresses>(cloud), firstMessage(poller)]);
    for (const child of [bot, poller]) child.send(place);
    return new Floor([bot, cloud, poller], place);
  }

  /** Clients of the floor. */
  get openUser(): OpenUser {
    return () => openFloorUser(this.addresses);
  }

  async close(): Promise<void> {
    await Promise.all(this.children.map(end));
  }
}

/** They end when this process does, by the channel between them. */
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
