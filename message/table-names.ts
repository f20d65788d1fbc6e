/** The table of what the bot remembers of each conversation. */
export const stateTable = "botstate";

/** The table of where the bot can reach its users. */
export const referencesTable = "references";

/** The table of what became of each message. */
export const deliveriesTable = "deliveries";

/** The tables in the stack's storage account. */
export const tableNames = [stateTable, referencesTable, deliveriesTable];
