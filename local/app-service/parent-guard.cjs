// This runs in every app before its own code. It ends the app when the local stack ends.
process.once("disconnect", () => process.exit(0));
process.channel?.unref();
