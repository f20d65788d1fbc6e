import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ResourceManager } from "../../../local/cloud/resource-manager";
import { resourceTypes } from "../../../local/cloud/resource-types";
import { unknown } from "../../../local/cloud/unknown";
import { OwnCloud } from "../helpers/own-cloud";
import { makeGround, type Sample, samples } from "../helpers/resource-samples";

const secretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";

let own: OwnCloud;
let resources: ResourceManager;
before(async () => {
  own = await OwnCloud.open();
  resources = own.resources;
  await makeGround(own);
  const inputs = { principalId: own.cloud.operator.objectId, roleDefinitionId: own.role(secretsOfficer) };
  await own.make("authorization:RoleAssignment", "operator", { ...inputs, scope: own.group });
});
after(() => own.close());

function sample(token: string): Sample {
  const found = samples(own)[token];
  assert.ok(found, `${token} has a sample`);
  return found;
}

for (const [token, type] of Object.entries(resourceTypes)) {
  const [, kind] = /:(\w+)$/.exec(token) ?? [];

  test(`${kind}: is made, read, changed and deleted, and each shows`, async () => {
    const { inputs: given, change } = sample(token);
    const { inputs, failures } = resources.check(token, "life", given);
    assert.deepEqual(failures, []);
    const made = await resources.create(token, "life", inputs);
    assert.deepEqual(await resources.read(made.id), { token, inputs, ...made });
    assert.ok(resources.all.some(({ id }) => id === made.id));
    assert.deepEqual(resources.diff(token, inputs, inputs).changed, []);

    if (change) {
      const news = resources.check(token, "life", { ...given, ...change }, inputs).inputs;
      const { changed, replaces } = resources.diff(token, inputs, news);
      assert.ok(changed.length > 0);
      assert.deepEqual(replaces, []);
      const updated = await resources.update(token, made.id, news);
      assert.deepEqual(await resources.read(made.id), { token, inputs: news, ...updated });
    }

    await resources.delete(made.id.toUpperCase());
    assert.equal(await resources.read(made.id), undefined);
    assert.ok(!resources.all.some(({ id }) => id === made.id));
    await resources.delete(made.id);
  });

  test(`${kind}: what makes another resource does, and nothing else`, () => {
    const { inputs: given, replace } = sample(token);
    const { inputs } = resources.check(token, "life", given);
    for (const [input, value] of Object.entries(replace)) {
      const { replaces } = resources.diff(token, inputs, { ...inputs, [input]: value });
      assert.ok(replaces.length > 0 && replaces.every((path) => path.startsWith(input)), input);
    }
    const replacing = type.inputs.filter((input) => {
      return resources.diff(token, inputs, { ...inputs, [input]: unknown }).replaces.length > 0;
    });
    assert.deepEqual(replacing.sort(), Object.keys(replace).sort());
  });

  test(`${kind}: an unknown input and a missing one are refused by name, and what is not known yet is not`, () => {
    const { inputs } = sample(token);
    const { failures } = resources.check(token, "life", { ...inputs, colour: "red" });
    assert.deepEqual(failures, [
      {
        property: "colour",
        reason: `The local cloud does not support the input colour of ${token}.`,
        notSupported: true,
      },
    ]);
    const empty = resources.check(token, "life", {}).failures.map(({ property }) => property);
    for (const input of type.required ?? []) assert.ok(empty.includes(input), input);
    const notYet = Object.fromEntries(Object.keys(inputs).map((input) => [input, unknown]));
    assert.deepEqual(resources.check(token, "life", notYet).failures, []);
  });

  if (!type.singleton && !token.startsWith("random:")) {
    test(`${kind}: what exists is not made again`, async () => {
      const free = kind === "Secret" && { secretName: "twice" }; // a deleted secret's name stays taken
      const { inputs } = resources.check(token, "twice", { ...sample(token).inputs, ...free });
      const { id } = await resources.create(token, "twice", inputs);
      await assert.rejects(resources.create(token, "twice", inputs), {
        name: "ArmError",
        message: `Conflict: cannot create already existing resource '${id}'`,
      });
      await resources.delete(id);
    });
  }
}
