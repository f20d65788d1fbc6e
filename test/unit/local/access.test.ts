import assert from "node:assert/strict";
import { test } from "node:test";
import { Denials } from "../../../local/access/denials";
import { type RoleAssignment, RoleAssignments } from "../../../local/access/role-assignments";
import { makePrincipal } from "../../../local/identity/principal";

const subscription = "/subscriptions/9f3a2c1e-0b44-4f7c-8a55-2f0b8c6d1e77";
const group = `${subscription}/resourceGroups/Group`;
const account = `${group}/providers/Microsoft.Storage/storageAccounts/account`;
const queue = `${account}/queueServices/default/queues/bot-queue`;
const put = "Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action";
const createQueue = "Microsoft.Storage/storageAccounts/queueServices/queues/write";
const getSecret = "Microsoft.KeyVault/vaults/secrets/getSecret/action";

const roles = {
  sender: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
  owner: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
  contributor: "b24988ac-6180-42a0-ab88-20f7382dd24c",
  reader: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
  officer: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
};

let made = 0;
function assignment(role: keyof typeof roles | string, scope: string, principalId = "bot"): RoleAssignment {
  const guid = roles[role as keyof typeof roles] ?? role;
  const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${++made}`;
  const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
  return { id, logicalName: `${principalId}-${role}-${made}`, principalId, roleDefinitionId, scope };
}

function access(...assignments: RoleAssignment[]): RoleAssignments {
  const access = new RoleAssignments();
  for (const one of assignments) access.assign(one);
  return access;
}

for (const [name, scope] of Object.entries({ queue, account, group, subscription })) {
  test(`a role at the ${name} counts for the queue`, () => {
    assert.equal(access(assignment("sender", scope)).allows("bot", put, queue), true);
  });
}

test("a role counts for nobody else and for nothing beside or above its scope", () => {
  const rights = access(assignment("sender", queue));
  assert.equal(rights.allows("function", put, queue), false);
  assert.equal(rights.allows("bot", put, account), false);
  assert.equal(rights.allows("bot", put, queue.replace("bot-queue", "other")), false);
  assert.equal(rights.allows("bot", put, `${queue}-poison`), false, "a scope is whole segments");
});

test("case does not matter in ids and actions", () => {
  const rights = access(assignment("sender", queue.toUpperCase(), "BOT"));
  assert.equal(rights.allows("bot", put.toLowerCase(), queue), true);
});

test("Owner and Contributor may manage a queue and may not touch its messages; Reader may neither", () => {
  for (const role of ["owner", "contributor"]) {
    const rights = access(assignment(role, group));
    assert.equal(rights.allows("bot", createQueue, queue), true, role);
    assert.equal(rights.allows("bot", put, queue), false, role);
  }
  const reader = access(assignment("reader", group));
  assert.equal(reader.allows("bot", createQueue, queue), false);
  assert.equal(reader.allows("bot", createQueue.replace("write", "read"), queue), true);
  assert.equal(reader.allows("bot", put.replace("add/action", "read"), queue), false);
});

test("Contributor may not assign roles, and no management role reads a secret", () => {
  const assign = "Microsoft.Authorization/roleAssignments/write";
  assert.equal(access(assignment("contributor", group)).allows("bot", assign, queue), false);
  assert.equal(access(assignment("owner", group)).allows("bot", assign, queue), true);
  assert.equal(access(assignment("owner", group)).allows("bot", getSecret, `${group}/vault`), false);
  assert.equal(access(assignment("officer", group)).allows("bot", getSecret, `${group}/vault`), true);
});

test("rights of several roles add up", () => {
  const [one, other] = [put, getSecret];
  const rights = access(assignment("sender", queue), assignment("officer", group));
  assert.equal(rights.decide("bot", [[one, other]], queue), "allowed");
  rights.revoke(rights.all[1]?.id ?? "");
  assert.equal(rights.decide("bot", [[one, other]], queue), "denied");
  assert.equal(rights.decide("bot", [[other], [one]], queue), "allowed");
});

test("a role can be taken away by its assignment's id or by the program's name for it", () => {
  const [one, other] = [assignment("sender", queue), assignment("sender", queue, "function")];
  const rights = access(one, other);
  rights.revoke(one.id);
  rights.revoke(other.logicalName);
  assert.equal(rights.allows("bot", put, queue), false);
  assert.equal(rights.allows("function", put, queue), false);
  assert.throws(() => rights.revoke("nothing"), /The role assignment nothing does not exist/);
});

test("a role works only once it has propagated, and is pending until then", () => {
  let now = 0;
  const rights = new RoleAssignments({ propagationSeconds: 60, now: () => now });
  rights.assign(assignment("sender", queue));
  now = 59_999;
  assert.equal(rights.decide("bot", [[put]], queue), "pending");
  assert.equal(rights.decide("bot", [[getSecret]], queue), "denied");
  now = 60_000;
  assert.equal(rights.decide("bot", [[put]], queue), "allowed");
});

test("a role that the cloud does not know is refused by its id, with those that it knows", () => {
  const unknown = assignment("00000000-1111-2222-3333-444444444444", queue);
  assert.throws(() => access(unknown), {
    code: "RoleDefinitionDoesNotExist",
    message: /00000000-1111-2222-3333-444444444444.*Storage Queue Data Message Sender/,
  });
});

test("the same role for the same principal at the same scope exists only once", () => {
  const rights = access(assignment("sender", queue));
  assert.throws(() => rights.assign(assignment("sender", queue.toUpperCase())), { code: "RoleAssignmentExists" });
  rights.assign(assignment("sender", account));
  rights.assign(assignment("sender", queue, "function"));
});

test("Azure itself needs no role", () => {
  const rights = access();
  rights.exempt("azure");
  assert.equal(rights.allows("azure", put, queue), true);
});

test("a denial names principal, operation, resource and the missing right, and is not repeated within ten seconds", () => {
  let now = 0;
  const lines: string[] = [];
  const denials = new Denials(
    (line) => lines.push(line),
    () => now,
  );
  const bot = makePrincipal("the-bot");
  const deny = () => denials.missingRight(bot, "Put Message", "the queue bot-queue", [[put], ["a", "b"]], "denied");
  deny();
  now = 9_999;
  deny();
  assert.deepEqual(lines, [
    `403: the-bot needs ${put} for Put Message on the queue bot-queue: no role assigned there or above allows it.`,
  ]);
  now = 10_000;
  deny();
  denials.missingRight(bot, "Put Message", "the queue bot-queue", [[put]], "pending");
  assert.equal(lines.length, 3);
  assert.match(lines[2] ?? "", /is assigned but not yet in effect/);
});
