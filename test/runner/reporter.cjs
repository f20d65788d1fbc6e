// The reporter of each test file's process: a line of JSON for each test that has ended. The runner reads them.
"use strict";
const { inspect } = require("node:util");

// Told to stop, the process ends by `exit`, at which tests end what they have started.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

module.exports = async function* report(events) {
  const names = [];
  for await (const { type, data } of events) {
    if (type === "test:start") names.splice(data.nesting, Number.POSITIVE_INFINITY, data.name);
    if (type !== "test:pass" && type !== "test:fail") continue;
    const { nesting, name, skip, details } = data;
    const { error } = details;
    // A group says nothing that its tests do not say, unless it is skipped or fails by itself.
    if (error?.failureType === "subtestsFailed" || (details.type === "suite" && !error && skip === undefined)) continue;
    const path = [...names.slice(0, nesting), name].join(" > ");
    yield `${JSON.stringify({ name: path, skip, failure: textOf(error) })}\n`;
  }
};

function textOf(error) {
  if (!error) return undefined;
  return error.cause instanceof Error ? inspect(error.cause) : String(error.cause ?? error);
}
