/** The vault's secret with Direct Line's key: opens every conversation of the bot. */
export const directLineSecret = "direct-line";

/** The vault's secret that signs events and notifications: `whsec_` and Base64. */
export const webhookSecret = "webhook";

/** What the webhook secret must look like: 24 bytes at least, says the specification (standardwebhooks.com). */
export const webhookForm = /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/;
