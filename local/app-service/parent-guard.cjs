// Loaded into every app before its own code: an app must not outlive the stack that it belongs to.
process.once("disconnect", () => process.exit(0));
process.channel?.unref();
