import { randomBytes } from "node:crypto";
import { VaultError } from "./vault-error";

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
  /** Names of deleted secrets that could still be recovered. */
  private readonly deleted = new Set<string>();

  /** Creates a new version, which becomes the current one. @throws VaultError when a deleted secret has this name */
  set(name: string, value: string, contentType?: string): Secret {
    if (this.deleted.has(name.toLowerCase())) throw deletedButRecoverable(name);
    const version = randomBytes(16).toString("hex");
    const secret = { name, version, value, contentType, created: Math.floor(Date.now() / 1000) };
    this.versions.set(name.toLowerCase(), [secret, ...this.versionsOf(name)]);
    return secret;
  }

  /** @param version absent: the current version */
  get(name: string, version?: string): Secret | undefined {
    const [current] = this.versionsOf(name);
    return version ? this.versionsOf(name).find((secret) => secret.version === version) : current;
  }

  /** Soft-deletes a secret: its name stays taken until the secret is purged. @returns the deleted secret, if it existed */
  delete(name: string): Secret | undefined {
    const current = this.get(name);
    if (current) this.deleted.add(name.toLowerCase());
    this.versions.delete(name.toLowerCase());
    return current;
  }

  private versionsOf(name: string): Secret[] {
    return this.versions.get(name.toLowerCase()) ?? [];
  }
}

function deletedButRecoverable(name: string): VaultError {
  const message = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`;
  return new VaultError(409, "Conflict", message, "ObjectIsDeletedButRecoverable");
}
