import { Refusal } from "./refusal";

/** The app's settings (the environment), found as .NET configuration finds them: without regard to case. */
export class AppSettings {
  private readonly values = new Map<string, string>();

  constructor(environment: Record<string, string | undefined>) {
    for (const [name, value] of Object.entries(environment)) {
      if (value !== undefined && value !== "") this.values.set(name.toLowerCase(), value);
    }
  }

  get(name: string): string | undefined {
    return this.values.get(name.toLowerCase());
  }

  /** Names of settings with this prefix, in lower case. */
  startingWith(prefix: string): string[] {
    return [...this.values.keys()].filter((name) => name.startsWith(prefix.toLowerCase()));
  }

  /** Replaces every `%NAME%` in a binding's property by the setting of that name. */
  resolve(text: string, where: string): string {
    return text.replace(/%([^%]*)%/g, (_, name: string) => {
      const value = this.get(name);
      if (value === undefined) {
        throw new Refusal(`${where} is '${text}', but there is no app setting '${name}': add it to the function app.`);
      }
      return value;
    });
  }

  /** Whether `AzureWebJobs.<function>.Disabled` (or with underscores, as Linux shells need) switches a function off. */
  isDisabled(functionName: string): boolean {
    const value =
      this.get(`AzureWebJobs.${functionName}.Disabled`) ?? this.get(`AzureWebJobs_${functionName}_Disabled`);
    return value !== undefined && ["true", "1"].includes(value.toLowerCase());
  }

  /** What the platform must have set for a Node function app of version 4; returns the port to listen on. */
  checkPlatform(): { port: number } {
    this.expect("FUNCTIONS_WORKER_RUNTIME", "node", "this host runs Node.js functions only");
    this.expect("FUNCTIONS_EXTENSION_VERSION", "~4", "the v4 programming model needs version 4 of the Functions host");
    const override = this.startingWith("AzureFunctionsJobHost__")[0];
    if (override) {
      throw new Refusal(
        `The app setting '${override}' overrides host.json, which this host does not support: change host.json.`,
      );
    }
    const port = Number(this.get("PORT"));
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new Refusal(`The platform variable PORT is '${this.get("PORT") ?? ""}': it must be the port to listen on.`);
    }
    return { port };
  }

  private expect(name: string, expected: string, why: string): void {
    const value = this.get(name);
    if (value === expected) return;
    const found = value === undefined ? "missing" : `'${value}'`;
    throw new Refusal(`The app setting ${name} is ${found}: set it to '${expected}' (${why}).`);
  }
}
