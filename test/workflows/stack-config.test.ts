import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { root } from "./workflow";

describe("STACK_CONFIG", () => {
  const place = mkdtempSync(path.join(tmpdir(), "stack-config-"));
  after(() => rmSync(place, { recursive: true }));

  /** What Pulumi is asked to set, by a `pulumi` that prints its arguments; nothing: it is not asked. */
  function asked(config: string): unknown {
    const pulumi = path.join(place, "pulumi");
    writeFileSync(pulumi, '#!/bin/sh\nprintf "%s\\0" "$@"\n');
    chmodSync(pulumi, 0o755);
    const env = {
      PATH: `${place}:${process.env.PATH}`,
      PULUMI_BACKEND_URL: "file://state",
      PULUMI_CONFIG_PASSPHRASE: "x",
      STACK_CONFIG: config,
    };
    const script = "set -euo pipefail; source .github/scripts/stack.bash; configure pr-1";
    const said = execFileSync("bash", ["-c", script], { cwd: root, env, encoding: "utf8", stdio: "pipe" });
    if (!said) return undefined;
    const [json = "", ...others] = said.split("\0").filter(Boolean).reverse();
    assert.equal(others.reverse().join(" "), "config set-all --stack pr-1 --json");
    return JSON.parse(json);
  }

  test("may be absent, blank or empty", () => {
    for (const config of ["", " \n"]) assert.equal(asked(config), undefined);
    assert.deepEqual(asked("{}"), {});
  });

  test("may have any values", () => {
    const config = {
      "azure-native:location": "a=b",
      botDisplayName: "two\nlines 'and' \"quotes\"",
      ownVault: true,
      n: 3,
    };
    assert.deepEqual(
      asked(JSON.stringify(config)),
      Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value: String(value) }])),
    );
  });

  test("has to be JSON", () => {
    assert.throws(() => asked("botSku: S1"));
  });
});
