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

test("an accepted secret is used once and not renewed", async () => {
  const secret = rotatingSecret(["old", "new"]);
  assert.deepEqual(await use(secret, "old"), ["old"]);
  assert.equal(secret.renewals, 0);
});

test("a refused secret is renewed once, and the new value is used from then on", async () => {
  const secret = rotatingSecret(["old", "new"]);
  assert.deepEqual(await use(secret, "new"), ["old", "new"]);
  assert.deepEqual(await use(secret, "new"), ["new"]);
  assert.equal(secret.renewals, 1);
});

test("the refusal is thrown after one try when the secret was not rotated", async () => {
  const secret = fixedSecret("old");
  let tries = 0;
  const refuse = () => {
    tries++;
    throw refusal; // at once, as openEvent does: not as a rejection
  };
  await assert.rejects(withSecret(secret, refuse, isRefusal), isRefusal);
  assert.deepEqual([tries, secret.renewals], [1, 1]);
});

test("a new value that is refused too is not renewed again", async () => {
  const secret = rotatingSecret(["old", "new", "newest"]);
  const tried: string[] = [];
  const refuse = async (value: string) => {
    tried.push(value);
    throw refusal;
  };
  await assert.rejects(withSecret(secret, refuse, isRefusal), isRefusal);
  assert.deepEqual(tried, ["old", "new"]);
});

test("any other error is thrown as it is, without another try", async () => {
  const secret = rotatingSecret(["old", "new"]);
  const failure = new Error("out of reach");
  await assert.rejects(
    withSecret(secret, () => Promise.reject(failure), isRefusal),
    (error) => error === failure,
  );
  assert.equal(secret.renewals, 0);
});

test("the error of a vault that cannot be reached is thrown, for the first value and for a new one", async () => {
  await assert.rejects(use(lostSecret(), "any"), VaultError);
  assert.deepEqual(await use(lostSecret("old"), "old"), ["old"]);
  await assert.rejects(use(lostSecret("old"), "new"), VaultError);
});
