import { type Secret, VaultError } from "../../../core/vault-secret";

export interface TestSecret extends Secret {
  /** How often a newer value was asked for. */
  renewals: number;
}

/** A secret that is never rotated. */
export function fixedSecret(value: string): TestSecret {
  return rotatingSecret([value]);
}

/** A secret of which the first value is in hand; each renewal brings the next one, until the last. */
export function rotatingSecret([value = "", ...newer]: string[]): TestSecret {
  return {
    renewals: 0,
    get: async () => value,
    async renew() {
      this.renewals++;
      value = newer.shift() ?? value;
      return value;
    },
  };
}

/** A secret in a vault that cannot be reached; with a value in hand, only a newer one cannot be had. */
export function lostSecret(value?: string): TestSecret {
  const lost = () => Promise.reject(new VaultError("the vault answered 503"));
  return {
    renewals: 0,
    get: async () => value ?? lost(),
    async renew() {
      this.renewals++;
      return lost();
    },
  };
}
