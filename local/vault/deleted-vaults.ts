/** A deleted vault that can still be recovered: learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted */
export interface DeletedVault {
  name: string;
  location: string;
  /** The vault's former ARM id. */
  vaultId: string;
  tags?: unknown;
  deletionDate: Date;
  /** The vault's name is free from this time on. */
  scheduledPurgeDate: Date;
}

const day = 24 * 60 * 60 * 1000;

/** The deleted vaults within their soft-delete retention. Their names stay taken until it ends or they are purged. */
export class DeletedVaults {
  private readonly vaults = new Map<string, DeletedVault>();

  constructor(private readonly now: () => number = Date.now) {}

  get all(): DeletedVault[] {
    for (const [key, { scheduledPurgeDate }] of this.vaults) {
      if (scheduledPurgeDate.getTime() <= this.now()) this.vaults.delete(key);
    }
    return [...this.vaults.values()];
  }

  add(vault: Pick<DeletedVault, "name" | "location" | "vaultId" | "tags">, retentionDays: number): void {
    const deletionDate = new Date(this.now());
    const scheduledPurgeDate = new Date(this.now() + retentionDays * day);
    this.vaults.set(vault.name.toLowerCase(), { ...vault, deletionDate, scheduledPurgeDate });
  }

  has(name: string): boolean {
    return this.all.some((vault) => vault.name.toLowerCase() === name.toLowerCase());
  }

  /** @returns whether a deleted vault had this name */
  purge(name: string): boolean {
    return this.has(name) && this.vaults.delete(name.toLowerCase());
  }
}
