/** The end of a poison queue's name. The Functions host uses the same one for messages that it gives up. */
export const poisonSuffix = "-poison";

/** The vault's secret with Direct Line's key, which opens every conversation of the bot. */
export const directLineSecret = "direct-line";

/** The vault's secret that signs events and notifications: `whsec_` and Base64. */
export const webhookSecret = "webhook";

/** Valid webhook secrets have at least 24 bytes. Source: standardwebhooks.com. */
export const webhookPattern = /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/;

/** The table of the state of each conversation. */
export const stateTable = "botstate";

/** The table of the conversation references of users. */
export const referencesTable = "references";

/** The table of the status of each message. */
export const deliveriesTable = "deliveries";

/** The tables in the stack's storage account. */
export const tableNames = [stateTable, referencesTable, deliveriesTable];
