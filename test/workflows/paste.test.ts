import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { roles } from "../../infra/resources/access";
import { jobs, root } from "./workflow";

/** What `az` and `gh` answer, by how the command begins. What is not here answers nothing. */
const answers = {
  "gh api user": "42",
  "gh api repos/someone/proactive.bot/actions/oidc/customization/sub": "repo:someone@1/proactive.bot@2",
  "gh repo view --json nameWithOwner": "someone/proactive.bot",
  "gh repo view --json defaultBranchRef": "main",
  "az account show --query id": "subscription",
  "az account show --query tenantId": "tenant",
  "az role definition create": "custom-role",
  "az identity show --name proactive-bot-preview": "preview-identity",
  "az identity show --name proactive-bot-drift": "drift-identity",
  "az identity show --name proactive-bot-pull-request": "pull-request-identity",
  "az identity show --name proactive-bot-production": "production-identity",
};

/** Azure's name for what a module of the SDK makes. */
const namespaces: Record<string, string | undefined> = {
  applicationinsights: "Insights",
  authorization: undefined, // always there
  botservice: "BotService",
  keyvault: "KeyVault",
  managedidentity: "ManagedIdentity",
  monitor: "Insights",
  operationalinsights: "OperationalInsights",
  resources: undefined, // always there
  storage: "Storage",
  web: "Web",
};

const page = readFileSync(path.join(root, "docs/ci.md"), "utf8");
const environments = [
  ...new Set(jobs().flatMap(({ job: { environment: e } }) => (typeof e === "object" ? e.name : (e ?? [])))),
];

interface Ran {
  /** The commands in order, their words with spaces between. */
  commands: string[];
  said: string;
}

describe("the paste of docs/ci.md", () => {
  const place = mkdtempSync(path.join(tmpdir(), "paste-"));
  const [block = "", ...others] = [...page.matchAll(/^```sh\n(.+?)^```$/gms)].map(([, text]) => text);
  const setUp = /<<'SETUP'\n(.+)^SETUP$/ms.exec(block)?.[1] ?? "";
  let first: Ran;

  before(() => {
    first = paste({});
  });

  after(() => rmSync(place, { recursive: true }));

  /** Runs it with an `az` and a `gh` that write down what they are asked. */
  function paste(more: Record<string, string>, env: Record<string, string> = {}): Ran {
    const log = path.join(place, "log");
    rmSync(log, { force: true });
    const cases = Object.entries({ ...answers, ...more }).map(([start, answer]) => `"${start}"*) echo '${answer}' ;;`);
    for (const tool of ["az", "gh"]) {
      const said = `said="${tool} $*"\nprintf '%s\\0' "$said" >>${log}\ncase $said in\n`;
      const file = path.join(place, tool);
      writeFileSync(file, `#!/bin/sh\n${said}${cases.join("\n")}\n"gh variable get"*) exit 1 ;;\nesac\n`);
      chmodSync(file, 0o755);
    }
    const { PULUMI_ACCESS_TOKEN: _, ...own } = process.env;
    const said = execFileSync("bash", {
      input: block,
      encoding: "utf8",
      env: { ...own, ...env, PATH: `${place}:${process.env.PATH}` },
    });
    return { commands: readFileSync(log, "utf8").split("\0").filter(Boolean), said };
  }

  const starting = (start: string, { commands } = first) => commands.filter((command) => command.startsWith(start));

  test("is one, and bash", () => {
    assert.deepEqual(others, []);
    assert.ok(setUp);
    for (const input of [block, setUp]) execFileSync("bash", ["-n"], { input });
  });

  test("registers what the program makes resources of", () => {
    const infra = path.join(root, "infra");
    const sources = readdirSync(infra, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const used = sources.flatMap((file) =>
      [...readFileSync(path.join(infra, file), "utf8").matchAll(/"@pulumi\/azure-native\/(\w+)"/g)].map(
        ([, module = ""]) => {
          assert.ok(module in namespaces, `Which namespace is azure-native/${module}?`);
          return namespaces[module] ?? [];
        },
      ),
    );
    const wanted = [...new Set(used.flat())]
      .sort()
      .map((name) => `az provider register --namespace Microsoft.${name} --wait`);
    assert.deepEqual(starting("az provider register"), wanted);
  });

  test("trusts the environments that the workflows use, and protects each before", () => {
    for (const environment of environments) {
      const subject = `--subject repo:someone@1/proactive.bot@2:environment:${environment} `;
      const trusted = first.commands.findIndex((command) => command.includes(subject));
      const put = `gh api --method PUT repos/someone/proactive.bot/environments/${environment} `;
      const made = first.commands.findIndex((command) => command.startsWith(put));
      assert.ok(made >= 0 && made < trusted, environment);
    }
    assert.equal(starting("az identity federated-credential create").length, environments.length);
    const onlyMain = starting("gh api --method POST").map(
      (command) => /environments\/([\w-]+)\/.*name=main$/.exec(command)?.[1],
    );
    assert.deepEqual(onlyMain, ["teardown", "drift", "production"]);
  });

  test("lets a preview and the look for drift read, and each list what it asks for", () => {
    for (const identity of ["preview-identity", "drift-identity"]) {
      const given = starting(`az role assignment create --assignee-object-id ${identity} `);
      assert.deepEqual(
        given.map((command) => /--role (.+) --scope/.exec(command)?.[1]),
        ["custom-role", "Storage Blob Data Reader"],
      );
    }
    const definitions = starting("az role definition create").map((command) =>
      JSON.parse(command.replace(/^[^{]+/, "")),
    );
    assert.deepEqual(
      definitions.map(({ Name, Actions }) => [Name, Actions]),
      [
        [
          "Pulumi preview of someone/proactive.bot",
          ["*/read", "Microsoft.BotService/botServices/channels/listChannelWithKeys/action"],
        ],
        ["Pulumi drift of someone/proactive.bot", ["*/read", "Microsoft.Web/sites/config/list/action"]],
      ],
    );
  });

  test("lets the others assign the program's roles and no other", () => {
    for (const identity of ["pull-request-identity", "production-identity"]) {
      const given = starting(`az role assignment create --assignee-object-id ${identity} `);
      const byRole = Object.fromEntries(given.map((command) => [/--role (.+?) --scope/.exec(command)?.[1], command]));
      assert.deepEqual(Object.keys(byRole).sort(), [
        "Contributor",
        "Key Vault Purge Operator",
        "Role Based Access Control Administrator",
        "Storage Blob Data Contributor",
      ]);
      const condition = /--condition (.+) --condition-version 2.0/.exec(
        byRole["Role Based Access Control Administrator"] ?? "",
      );
      const text = condition?.[1] ?? "";
      const form =
        /^\(\(!\(ActionMatches\{'Microsoft.Authorization\/roleAssignments\/write'\}\)\) OR \(@Request\[Microsoft.Authorization\/roleAssignments:RoleDefinitionId\] ForAnyOfAnyValues:GuidEquals \{(.+)\}\)\) AND \(\(!\(ActionMatches\{'Microsoft.Authorization\/roleAssignments\/delete'\}\)\) OR \(@Resource\[Microsoft.Authorization\/roleAssignments:RoleDefinitionId\] ForAnyOfAnyValues:GuidEquals \{(.+)\}\)\)$/;
      const lists = form.exec(text)?.slice(1) ?? [];
      assert.equal(lists.length, 2, text);
      for (const list of lists) assert.deepEqual(list.split(/,\s*/).sort(), Object.values(roles).sort());
    }
  });

  test("gives every environment the backend's secret, which it shows, and lets the workflows act at the end", () => {
    const secret = /store it safely\.\n(.+)\n$/.exec(first.said)?.[1];
    assert.match(secret ?? "", /^[\w+/=]{44}$/);
    const given = starting("gh secret set PULUMI_CONFIG_PASSPHRASE").map((command) =>
      /--env (\S+) --body (.+)$/.exec(command),
    );
    assert.deepEqual(given.map((match) => match?.[1]).sort(), [...environments].sort());
    assert.ok(given.every((match) => match?.[2] === secret));
    assert.match(first.commands.at(-1) ?? "", /^gh variable set AZURE_TENANT_ID .* --body tenant$/);
  });

  test("leaves state and passphrase alone when it is run again", () => {
    const again = paste({ "gh variable get AZURE_TENANT_ID": "tenant", "az storage account list": "state1" });
    assert.deepEqual(starting("gh secret set", again), []);
    assert.deepEqual(starting("az storage", again).length, 1); // the question
    assert.match(starting("gh variable set PULUMI_BACKEND_URL", again).join(), /storage_account=state1$/);
    assert.doesNotMatch(again.said, /passphrase/);
  });

  test("leaves the state to Pulumi Cloud where there is a token", () => {
    const cloud = paste({}, { PULUMI_ACCESS_TOKEN: "pul-1" });
    assert.deepEqual(starting("az storage", cloud), []);
    assert.deepEqual(starting("gh variable set PULUMI_BACKEND_URL", cloud), []);
    assert.equal(starting("gh secret set PULUMI_ACCESS_TOKEN", cloud).length, environments.length);
  });
});

test("docs/ci.md tells of every variable and secret that the workflows read, and of every environment", () => {
  const texts = jobs().map(({ workflow }) => workflow.text);
  const names = texts.flatMap((text) => [...text.matchAll(/(?:vars|secrets)\.(\w+)/g)].map(([, name]) => name));
  for (const name of new Set([...names, ...environments])) assert.ok(page.includes(`\`${name}\``), name);
});

test("README.md leads to docs/ci.md", () => {
  assert.ok(existsSync(path.join(root, "docs/ci.md")));
  assert.match(readFileSync(path.join(root, "README.md"), "utf8"), /\(docs\/ci\.md\)/);
});
