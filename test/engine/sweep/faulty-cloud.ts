import { ServedCloud } from "../../../local/served-cloud";
import { BreakablePort } from "./breakable-port";
import { Faults } from "./faults";

/** The local cloud for the engine, whose providers can fail and hang up. Apps are stand-ins: only resources matter here. */
export class FaultyCloud {
  private constructor(
    readonly served: ServedCloud,
    readonly faults: Faults,
    private readonly ports: BreakablePort[],
    /** As the cloud's, but by way of connections that can break. */
    readonly env: Record<string, string>,
  ) {}

  static async open(): Promise<FaultyCloud> {
    const faults = new Faults();
    const served = await ServedCloud.open({ apps: "stand-in", log: () => {}, around: (one) => faults.into(one) });
    const ports: BreakablePort[] = [];
    const attached: string[] = [];
    for (const entry of (served.env.PULUMI_DEBUG_PROVIDERS ?? "").split(",")) {
      const [name, port] = entry.split(":");
      const before = await BreakablePort.open(Number(port));
      ports.push(before);
      attached.push(`${name}:${before.port}`);
    }
    faults.hangUp = () => {
      for (const port of ports) port.break();
    };
    const env = { ...served.env, PULUMI_DEBUG_PROVIDERS: attached.join(",") };
    return new FaultyCloud(served, faults, ports, env);
  }

  /** The ids of all that exists in Azure; random bytes are nowhere but in the stack's state. */
  get ids(): string[] {
    return this.served.resources.all.map(({ id }) => id).filter((id) => id.startsWith("/"));
  }

  async close(): Promise<void> {
    await Promise.all(this.ports.map((port) => port.close()));
    await this.served.close();
  }
}
