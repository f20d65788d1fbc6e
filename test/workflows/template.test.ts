import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { parseConfig } from "../../infra/config";
import { root } from "./workflow";

interface Template {
  displayName: string;
  description: string;
  config: Record<string, { description: string; default: string }>;
}

describe("the template section of Pulumi.yaml", () => {
  const project: { name: string; template: Template } = parse(readFileSync(path.join(root, "Pulumi.yaml"), "utf8"));
  const { template } = project;
  const settings = Object.entries(template.config).map(([key, setting]) => ({
    key: key.replace(/^azure-native:/, ""),
    ...setting,
  }));

  test("belongs to a project that runs as it is cloned", () => {
    assert.match(project.name, /^[\w.-]+$/); // and no placeholder
    assert.ok(template.displayName && template.description);
  });

  test("asks only for settings that the program has", () => {
    const { config } = parseConfig({}, project.name);
    for (const { key } of settings) assert.ok(config && key in config, key);
  });

  test("says what each is, and offers what the program does without it", () => {
    for (const { key, description } of settings) assert.ok(description.length > 10, key);
    const offered = Object.fromEntries(settings.map(({ key, default: value }) => [key, value]));
    assert.deepEqual(parseConfig(offered, project.name), parseConfig({}, project.name));
  });
});
