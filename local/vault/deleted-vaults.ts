/** A vault that was deleted and can still be recovered: learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted */
export interface DeletedVault {
  name: string;
  location: string;
  /** The ARM id that it had. */
  vaultId: string;
  tags?: unknown;
  deletionDate: Date;
  /** From then on its name is free. */
  scheduledPurgeDate: Date;
}

const day = 24 * 60 * 60 * 1000;

/** The vaults that are kept for their days of soft delete. Their names are taken until then, or until they are purged. */
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

  /** @returns whether there was one of that name */
  purge(name: string): boolean {
    return this.has(name) && this.vaults.delete(name.toLowerCase());
  }
}
