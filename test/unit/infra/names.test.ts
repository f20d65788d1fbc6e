import assert from "node:assert/strict";
import { test } from "node:test";
import { type Names, namesOf } from "../../../infra/names";
import { suffix } from "./deployment";

/** Azure's limits for the whole name, without the alert's, which gets no suffix. */
const limits: Record<Exclude<keyof Names, "alert">, RegExp> = {
  bot: /^[a-z][a-z0-9-]{1,40}[a-z0-9]$/,
  // learn.microsoft.com/azure/azure-functions/storage-considerations#host-id-considerations
  function: /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
  vault: /^(?!.*--)[a-z][a-z0-9-]{1,22}[a-z0-9]$/,
  storageAccount: /^[a-z0-9]{3,24}$/,
};

test("the template's own project keeps the names that its stacks have always had", () => {
  assert.deepEqual(namesOf("proactive-bot"), {
    bot: "proactive-bot",
    function: "proactive-function",
    vault: "proactive",
    storageAccount: "proactivebot",
    alert: "proactivebot",
  });
});

test("the resources of another project are named after it", () => {
  assert.deepEqual(namesOf("helpdesk"), {
    bot: "helpdesk",
    function: "helpdesk-function",
    vault: "helpdesk",
    storageAccount: "helpdesk",
    alert: "helpdesk",
  });
});

test("the names are within Azure's limits for every allowed length of the project's name", () => {
  const longest = "a1-b2-c3-d4-e5-f6-g7-h8-i9-j10-k11-bot";
  for (let length = 1; length <= 34; length++) {
    for (const project of [
      longest.slice(0, length),
      longest.slice(-length).replace(/^[^a-z]/, "x"),
      "a".repeat(length),
    ])
      assertWithinLimits(project);
  }
  for (const project of ["bot", "x-bot", "function", "My_Project.Bot"]) assertWithinLimits(project);
});

test("a project's name that Azure cannot use is refused, and the error says which names are allowed", () => {
  for (const project of ["a".repeat(35), "1-bot", "---", "ß"]) {
    assert.throws(() => namesOf(project), {
      message:
        `The project's name "${project}" cannot be used for the resources in Azure. Give the project in Pulumi.yaml ` +
        "another name: 1 to 34 letters, digits and hyphens that begin with a letter.",
    });
  }
});

function assertWithinLimits(project: string): void {
  const names = namesOf(project);
  for (const [kind, limit] of Object.entries(limits)) assert.match(names[kind as keyof Names] + suffix, limit, project);
  assert.match(names.alert, /^[a-z0-9]{1,12}$/, project);
  assert.notEqual(names.bot, names.function, project);
}
