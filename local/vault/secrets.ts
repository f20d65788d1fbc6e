import { randomBytes } from "node:crypto";

export interface Secret {
  name: string;
  /** 32 hexadecimal digits. */
  version: string;
  value: string;
  contentType?: string;
  /** Seconds since the epoch. */
  created: number;
}

/** The secrets of a vault, with all their versions. */
export class Secrets {
  private readonly versions = new Map<string, Secret[]>();

  /** Makes a new version, which is the current one from now on. */
  set(name: string, value: string, contentType?: string): Secret {
    const version = randomBytes(16).toString("hex");
    const secret = { name, version, value, contentType, created: Math.floor(Date.now() / 1000) };
    this.versions.set(name.toLowerCase(), [secret, ...this.versionsOf(name)]);
    return secret;
  }

  /** @param version the current one if absent */
  get(name: string, version?: string): Secret | undefined {
    const [current] = this.versionsOf(name);
    return version ? this.versionsOf(name).find((secret) => secret.version === version) : current;
  }

  private versionsOf(name: string): Secret[] {
    return this.versions.get(name.toLowerCase()) ?? [];
  }
}
