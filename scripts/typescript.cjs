// `node -r ./scripts/typescript.cjs FILE` runs TypeScript by tsx, without its cost for packages: tsx looks into each of their files for ES
// modules, and Node reads their source maps. Without the two, `npm start` begins half a second earlier, and each test file a quarter.
"use strict";
const { existsSync, readFileSync } = require("node:fs");
const { Module } = require("node:module");
const path = require("node:path");

const byNode = Module._extensions[".js"];
require("tsx/cjs");
const byTsx = Module._extensions[".js"];

/** Whether a package's `.js` files are ES modules, by folder. */
const areModules = new Map();

/** By the nearest package.json, as Node decides it. */
function isModule(folder) {
  if (path.basename(folder) === "node_modules") return false;
  const known = areModules.get(folder);
  if (known !== undefined) return known;
  const file = path.join(folder, "package.json");
  const found = existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8")).type === "module"
    : isModule(path.dirname(folder));
  areModules.set(folder, found);
  return found;
}

Module._extensions[".js"] = (module, file) => {
  if (!file.includes(`${path.sep}node_modules${path.sep}`) || isModule(path.dirname(file))) return byTsx(module, file);
  process.setSourceMapsEnabled(false);
  try {
    return byNode(module, file);
  } finally {
    process.setSourceMapsEnabled(true);
  }
};
