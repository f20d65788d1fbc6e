import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ArmHand } from "../harness/arm-hand";
import type { Issue } from "./gh";
import { LocalGitHub, skipWithoutTools } from "./local-github";

describe("the drift workflow", { skip: skipWithoutTools }, () => {
  let local: LocalGitHub;
  let hand: ArmHand;

  before(async () => {
    local = await LocalGitHub.open();
    const { arm, cloud } = local.served;
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = cloud.identityEndpoint.admit([cloud.operator], cloud.operator);
    const identity = {
      endpoint: IDENTITY_ENDPOINT,
      header: IDENTITY_HEADER,
      operatorClientId: cloud.operator.clientId,
    };
    hand = await ArmHand.of({ arm, identity });
  });

  after(() => local?.close());

  /** A night: the look, and what is told of it. Resolves to all issues. */
  async function night(): Promise<Issue[]> {
    const { outputs } = await local.run("drift.yml compare");
    local.drifted = outputs["compare.drifted"] ?? "";
    await local.run("drift.yml report");
    return local.gitHub.issues ?? [];
  }

  /** Sets a tag by hand, or takes it away. */
  async function tag(kind: "storageAccounts" | "vaults", owner: string | null): Promise<void> {
    const { id } = await hand.find(new RegExp(`/${kind}/[^/]+$`));
    await hand.patch(id, { tags: { owner } });
  }

  test("says nothing where there is no stack", async () => {
    assert.deepEqual(await night(), []);
    assert.equal(local.drifted, "false");
    assert.deepEqual(local.stacks, []);
  });

  test("says nothing where Azure is as the deployment left it", async () => {
    await local.run("deploy.yml up");
    assert.deepEqual(await night(), []);
    assert.equal(local.drifted, "false");
  });

  test("opens an issue that names what somebody changed by hand, without the values, and changes nothing itself", async () => {
    await tag("storageAccounts", "somebody");
    const [issue, ...others] = await night();
    assert.deepEqual(others, []);
    assert.equal(issue?.title, "Azure differs from the stack production");
    assert.match(issue?.body ?? "", /https:\/\/github.com\/someone\/proactive-bot\/actions\/runs\/1\n/);
    assert.match(issue?.body ?? "", /azure-native:storage:StorageAccount.*\[diff: ~tags\].*~ 1 to update/s);
    assert.doesNotMatch(issue?.body ?? "", /somebody/, "values may be secret");
    const { tags } = await hand.find(/\/storageAccounts\/[^/]+$/);
    assert.equal((tags as Record<string, string>).owner, "somebody");
  });

  test("writes the next night's difference into the same issue", async () => {
    await tag("vaults", "somebody");
    const [issue, ...others] = await night();
    assert.deepEqual(others, []);
    assert.match(issue?.body ?? "", /keyvault:Vault.*~ 2 to update/s);
    assert.deepEqual([issue?.state, issue?.comments], ["open", []]);
  });

  test("leaves the issue as it is when the look itself fails", async () => {
    const { PULUMI_CONFIG_PASSPHRASE } = local.secrets;
    local.secrets = { PULUMI_CONFIG_PASSPHRASE: "another one" };
    const { succeeded, said, outputs } = await local.job("drift.yml compare").run();
    local.secrets = { PULUMI_CONFIG_PASSPHRASE };
    assert.equal(succeeded, false, said);
    assert.equal(outputs["compare.drifted"], undefined);
  });

  test("closes the issue with a comment once nothing differs, and opens another one for the next difference", async () => {
    for (const kind of ["storageAccounts", "vaults"] as const) await tag(kind, null);
    const [closed] = await night();
    assert.equal(closed?.state, "closed");
    assert.match(closed?.comments.join() ?? "", /^Azure and the stack no longer differ: https:/);
    await tag("vaults", "somebody else");
    const issues = await night();
    assert.deepEqual(issues.map(({ state }) => state).sort(), ["closed", "open"]);
  });
});
