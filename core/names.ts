/** What follows a queue's name in the name of its poison queue: the Functions host puts failed messages there. */
export const poisonSuffix = "-poison";

/** The vault's secret with Direct Line's key: opens every conversation of the bot. */
export const directLineSecret = "direct-line";

/** The vault's secret that signs events and notifications: `whsec_` and Base64. */
export const webhookSecret = "webhook";

/** What the webhook secret must look like: 24 bytes at least, says the specification (standardwebhooks.com). */
export const webhookPattern = /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/;

/** The table of what the bot remembers of each conversation. */
export const stateTable = "botstate";

/** The table of where the bot can reach its users. */
export const referencesTable = "references";

/** The table of what became of each message. */
export const deliveriesTable = "deliveries";

/** The tables in the stack's storage account. */
export const tableNames = [stateTable, referencesTable, deliveriesTable];
