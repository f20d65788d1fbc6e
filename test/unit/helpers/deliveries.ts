import { Deliveries, type Delivery } from "../../../core/tables/deliveries";
import { MemoryTable } from "./memory-table";

/** Deliveries that end with the test, and their table. */
export class TestDeliveries extends Deliveries {
  readonly memory: MemoryTable;

  constructor(memory = new MemoryTable()) {
    super(memory);
    this.memory = memory;
  }

  get rows(): Delivery[] {
    return this.memory.rows as unknown as Delivery[];
  }
}
