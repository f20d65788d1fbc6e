import { ArmError } from "./arm-error";
import type { Properties } from "./resource-type";

/** A resource as Azure Resource Manager keeps it. */
export interface ResourceRecord {
  /** Pulumi's token of its type. */
  token: string;
  id: string;
  /** The last part of the id. */
  name: string;
  /** What the program calls it. */
  logicalName: string;
  inputs: Properties;
  /** The outputs that are not inputs. */
  computed: Properties;
}

/** What exists, in the order in which it was made. Ids have no case. */
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

  /** Keeps an id for whoever makes the resource. @returns ends it @throws ArmError when somebody else does so */
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

  /** What is part of a resource or attached to it, the latest first: in this order nothing stands on what is gone. */
  within(id: string): ResourceRecord[] {
    const start = `${id}/`.toLowerCase();
    return this.all.filter((record) => record.id.toLowerCase().startsWith(start)).reverse();
  }
}
