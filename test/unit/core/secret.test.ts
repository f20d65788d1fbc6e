import assert from "node:assert/strict";
import { test } from "node:test";
import { VaultError, withSecret } from "../../../core/vault-secret";
import { fixedSecret, lostSecret, rotatingSecret, type TestSecret } from "../helpers/secrets";

const refusal = new Error("refused");
const isRefusal = (error: unknown) => error === refusal;

/** Uses a secret where only one value is good; returns which values were tried. */
async function use(secret: TestSecret, good: string): Promise<string[]> {
  const tried: string[] = [];
  const attempt = async (value: string) => {
    tried.push(value);
    if (value !== good) throw refusal;
    return `used ${value}`;
  };
  assert.equal(await withSecret(secret, attempt, isRefusal), `used ${good}`);
  return tried;
}

test("a secret that is taken is used once, and no newer one is asked for", async () => {
  const secret = rotatingSecret(["old", "new"]);
  assert.deepEqual(await use(secret, "old"), ["old"]);
  assert.equal(secret.renewals, 0);
});

test("a secret that is refused is renewed once, and the newer value is used from then on", async () => {
  const secret = rotatingSecret(["old", "new"]);
  assert.deepEqual(await use(secret, "new"), ["old", "new"]);
  assert.deepEqual(await use(secret, "new"), ["new"]);
  assert.equal(secret.renewals, 1);
});

test("where there is no newer value, the refusal is what comes out, after one try", async () => {
  const secret = fixedSecret("old");
  let tries = 0;
  const refuse = () => {
    tries++;
    throw refusal; // at once, as openEvent does: not as a rejection
  };
  await assert.rejects(withSecret(secret, refuse, isRefusal), isRefusal);
  assert.deepEqual([tries, secret.renewals], [1, 1]);
});

test("a newer value that is refused too is not followed by a third", async () => {
  const secret = rotatingSecret(["old", "new", "newest"]);
  const tried: string[] = [];
  const refuse = async (value: string) => {
    tried.push(value);
    throw refusal;
  };
  await assert.rejects(withSecret(secret, refuse, isRefusal), isRefusal);
  assert.deepEqual(tried, ["old", "new"]);
});

test("another failure is not the secret's fault: it comes out as it is, and nothing is tried again", async () => {
  const secret = rotatingSecret(["old", "new"]);
  const failure = new Error("out of reach");
  await assert.rejects(
    withSecret(secret, () => Promise.reject(failure), isRefusal),
    (error) => error === failure,
  );
  assert.equal(secret.renewals, 0);
});

test("a vault that is out of reach comes out as such, whether the first value or a newer one is missing", async () => {
  await assert.rejects(use(lostSecret(), "any"), VaultError);
  assert.deepEqual(await use(lostSecret("old"), "old"), ["old"]);
  await assert.rejects(use(lostSecret("old"), "new"), VaultError);
});
