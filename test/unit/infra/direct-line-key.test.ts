import assert from "node:assert/strict";
import { test } from "node:test";
import { directLineKeyIn } from "../../../infra/resources/bot";

const site = { siteName: "Default Site", isEnabled: true, key: "the key" };
const other = { siteName: "Other", isEnabled: true, key: "another" };

test("Direct Line's key is found in each place where Azure may put it", () => {
  assert.equal(directLineKeyIn({ properties: { properties: { sites: [site] } } }), "the key");
  assert.equal(directLineKeyIn({ setting: { sites: [site] } }), "the key");
  assert.equal(directLineKeyIn({ resource: { properties: { sites: [site] } } }), "the key");
});

test("a place without keys hides no other place", () => {
  const empty = { ...site, key: null };
  assert.equal(
    directLineKeyIn({ properties: { properties: { sites: [empty] } }, setting: { sites: [site] } }),
    "the key",
  );
  assert.equal(
    directLineKeyIn({ properties: { properties: { sites: [] } }, setting: { sites: [{ ...site, key: "" }] } }),
    undefined,
  );
});

test("the key of Default Site is preferred, then that of the first enabled site", () => {
  assert.equal(directLineKeyIn({ setting: { sites: [other, site] } }), "the key");
  const off = { ...other, siteName: "Off", isEnabled: false };
  assert.equal(directLineKeyIn({ setting: { sites: [off, { ...site, key: undefined }, other] } }), "another");
  assert.equal(
    directLineKeyIn({ properties: { properties: { sites: [other] } }, setting: { sites: [site] } }),
    "the key",
  );
});

test("without an enabled site no key is found", () => {
  assert.equal(directLineKeyIn({ setting: { sites: [{ ...site, isEnabled: false }] } }), undefined);
  assert.equal(directLineKeyIn({}), undefined);
});
