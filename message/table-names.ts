/** The tables in the stack's storage account: the bot's state, where its users are, and what became of each message. */
export const tableNames = ["botstate", "references", "deliveries"];
