/** The table of what the bot remembers of each conversation. */
export const stateTable = "botstate";

/** The tables in the stack's storage account: the bot's state, where its users are, and what became of each message. */
export const tableNames = [stateTable, "references", "deliveries"];
