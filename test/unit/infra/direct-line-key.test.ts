import assert from "node:assert/strict";
import { test } from "node:test";
import { keyIn } from "../../../infra/direct-line-key";

const site = { siteName: "Default Site", isEnabled: true, key: "the key" };
const other = { siteName: "Other", isEnabled: true, key: "another" };

test("Direct Line's key is found wherever Azure puts it", () => {
  assert.equal(keyIn({ properties: { properties: { sites: [site] } } }), "the key");
  assert.equal(keyIn({ setting: { sites: [site] } }), "the key");
  assert.equal(keyIn({ resource: { properties: { sites: [site] } } }), "the key");
});

test("a place without keys hides no other place", () => {
  const empty = { ...site, key: null };
  assert.equal(keyIn({ properties: { properties: { sites: [empty] } }, setting: { sites: [site] } }), "the key");
  assert.equal(
    keyIn({ properties: { properties: { sites: [] } }, setting: { sites: [{ ...site, key: "" }] } }),
    undefined,
  );
});

test("Default Site comes before others, then the first enabled site that has a key", () => {
  assert.equal(keyIn({ setting: { sites: [other, site] } }), "the key");
  const off = { ...other, siteName: "Off", isEnabled: false };
  assert.equal(keyIn({ setting: { sites: [off, { ...site, key: undefined }, other] } }), "another");
  assert.equal(keyIn({ properties: { properties: { sites: [other] } }, setting: { sites: [site] } }), "the key");
});

test("there is no key where no site is enabled", () => {
  assert.equal(keyIn({ setting: { sites: [{ ...site, isEnabled: false }] } }), undefined);
  assert.equal(keyIn({}), undefined);
});
