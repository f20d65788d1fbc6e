// Runs a TypeScript file of this repository: `node scripts/run.cjs FILE ARGUMENTS`.
"use strict";

// A Node of any age gets as far as this.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  console.error(`This needs Node 20.17 or newer, and this is Node ${process.versions.node}. Azure runs Node 22.`);
  process.exit(1);
}

const { existsSync } = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const file = process.argv[2];

/** What to do in a repository that has deleted a folder of the template. */
const without = {
  local: 'Copy local/ from the template again, or deploy to Azure with "pulumi up" (docs/azure.md).',
  test: 'Copy test/ from the template again, or change the script in package.json. "npm run check" looks at format, lint and types.',
  bench: "Copy bench/, local/ and test/ from the template again, or delete the script from package.json.",
};

function fail(problem) {
  console.error(problem);
  process.exit(1);
}

if (!existsSync(path.join(root, file))) {
  const script = process.env.npm_lifecycle_event;
  const remedy = without[file.split("/")[0]] ?? "";
  fail(
    `${script ? `"npm run ${script}"` : "This"} needs ${file}, which this repository does not have. ${remedy}`.trim(),
  );
}
try {
  require.resolve("tsx/cjs");
} catch {
  fail('The packages are not installed. Run "npm ci" first.');
}

// A package of Microsoft's uses Node's deprecated `punycode`; nobody here can change that.
const { emitWarning } = process;
process.emitWarning = (...warning) => {
  if (!warning.includes("DEP0040")) emitWarning.apply(process, warning);
};

require("./typescript.cjs");
process.argv.splice(1, 2, path.join(root, file));
require(process.argv[1]);
