import { ArmError } from "./arm-error";
import type { Properties } from "./resource-type";

/** A resource as Azure Resource Manager keeps it. */
export interface ResourceRecord {
  /** Pulumi's token of its type. */
  token: string;
  id: string;
  /** The last part of the id. */
  name: string;
  /** Its name in the program. */
  logicalName: string;
  inputs: Properties;
  /** The outputs that are not inputs. */
  computed: Properties;
}

/** The resources that exist, in the order in which they were made. Ids have no case. */
export class ResourceRecords {
  private readonly records = new Map<string, ResourceRecord>();
  /** Ids of what is being made. */
  private readonly claimed = new Set<string>();
  /** Ids of what is being written to, which Azure does one write at a time. */
  private readonly written = new Set<string>();

  get all(): ResourceRecord[] {
    return [...this.records.values()];
  }

  get(id: string): ResourceRecord | undefined {
    return this.records.get(id.toLowerCase());
  }

  /** Reserves an id while its resource is made. @returns a function that ends the reservation @throws ArmError when the id is reserved */
  claim(id: string): () => void {
    const key = id.toLowerCase();
    if (this.claimed.has(key)) throw new ArmError("AnotherOperationInProgress", `${id} is being made`);
    this.claimed.add(key);
    return () => this.claimed.delete(key);
  }

  /** Keeps a site for one write. @returns ends it @throws ArmError during another one */
  claimWrite(id: string): () => void {
    const key = id.toLowerCase();
    if (this.written.has(key)) {
      throw new ArmError("Conflict", `409: Cannot modify ${id} because another operation is in progress.`);
    }
    this.written.add(key);
    return () => this.written.delete(key);
  }

  put(record: ResourceRecord): void {
    this.records.set(record.id.toLowerCase(), record);
  }

  remove(id: string): void {
    this.records.delete(id.toLowerCase());
  }

  /** The parts and attachments of a resource, the latest first: deleted in this order, none depends on a deleted one. */
  within(id: string): ResourceRecord[] {
    const start = `${id}/`.toLowerCase();
    return this.all.filter((record) => record.id.toLowerCase().startsWith(start)).reverse();
  }
}
