import { StartupError } from "./startup-error";

/** The app's settings, from the environment. Names are case-insensitive, as in .NET configuration. */
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

  /** Names of the settings with this prefix, in lower case. */
  startingWith(prefix: string): string[] {
    return [...this.values.keys()].filter((name) => name.startsWith(prefix.toLowerCase()));
  }

  /** Replaces every `%NAME%` in a binding's property with the setting of that name. @throws StartupError for a missing setting */
  resolve(text: string, where: string): string {
    return text.replace(/%([^%]*)%/g, (_, name: string) => {
      const value = this.get(name);
      if (value === undefined) {
        throw new StartupError(
          `${where} is '${text}', but the app setting '${name}' is missing. Add it to the function app.`,
        );
      }
      return value;
    });
  }

  /** Whether `AzureWebJobs.<function>.Disabled` disables a function. Linux shells need the form with underscores. */
  isDisabled(functionName: string): boolean {
    const value =
      this.get(`AzureWebJobs.${functionName}.Disabled`) ?? this.get(`AzureWebJobs_${functionName}_Disabled`);
    return value !== undefined && ["true", "1"].includes(value.toLowerCase());
  }

  /** Checks the settings that App Service sets for a Node.js function app of version 4. Returns the port to listen on. @throws StartupError */
  checkPlatform(): { port: number } {
    this.require("FUNCTIONS_WORKER_RUNTIME", "node", "this host runs only Node.js functions");
    this.require("FUNCTIONS_EXTENSION_VERSION", "~4", "the v4 programming model needs version 4 of the Functions host");
    const override = this.startingWith("AzureFunctionsJobHost__")[0];
    if (override) {
      throw new StartupError(
        `The app setting '${override}' overrides host.json, which this host does not support. Change host.json instead.`,
      );
    }
    const port = Number(this.get("PORT"));
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new StartupError(
        `The platform variable PORT is '${this.get("PORT") ?? ""}'. It must be the port to listen on.`,
      );
    }
    return { port };
  }

  private require(name: string, expected: string, why: string): void {
    const value = this.get(name);
    if (value === expected) return;
    const found = value === undefined ? "missing" : `'${value}'`;
    throw new StartupError(`The app setting ${name} is ${found}. Set it to '${expected}' (${why}).`);
  }
}
