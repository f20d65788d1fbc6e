import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../../../infra/clouds";
import { parseConfig } from "../../../infra/config";
import { assertIncludes } from "../helpers/assert-includes";

const parse = (texts: Record<string, string>) => parseConfig(texts, "acme-bot");

test("nothing has to be configured", () => {
  const { config, problems } = parse({});
  assertIncludes(config, {
    location: "westeurope",
    queueName: "bot-queue",
    botDisplayName: "Proactive bot",
    webChat: true,
    teams: false,
    delivery: "directLine",
    schedules: [],
    deliveryDays: 30,
    referenceDays: 90,
    sendsPerSecond: 40,
    appServiceSku: "B1",
    instances: 1,
    zoneRedundant: false,
    storageSku: "Standard_LRS",
    botSku: "F0",
    nodeVersion: "22",
    serviceHosts: [],
    tags: {},
    webhookVersion: 1,
    releaseTimeout: 1200,
    cloud: clouds.public,
  });
  assert.deepEqual(problems, []);
});

test("everything can be configured", () => {
  const { config, problems } = parse({
    location: "North Europe",
    environment: "usgovernment",
    queueName: "q-1",
    botDisplayName: "Ärger & Söhne",
    webChat: "false",
    teams: "true",
    delivery: "api",
    schedules: '[{"cron":"0 0 9 * * 1","text":"Good morning!","to":["user"]}]',
    deliveryDays: "7",
    referenceDays: "0",
    sendsPerSecond: "13",
    alertEmail: "ops+bot@example.com",
    appServiceSku: "P0v3",
    instances: "3",
    zoneRedundant: "true",
    storageSku: "Standard_RAGZRS",
    botSku: "S1",
    nodeVersion: "24",
    operatorObjectId: "6f3de0f8-8a1b-1d2c-0d3e-000000000001",
    serviceHosts: '["localhost:4443","*.example.com"]',
    tags: '{"costCenter":"1234","owner":""}',
    webhookVersion: "7",
    releaseTimeout: "600",
  });
  assert.deepEqual(problems, []);
  assertIncludes(config, {
    location: "North Europe",
    queueName: "q-1",
    botDisplayName: "Ärger & Söhne",
    webChat: false,
    teams: true,
    delivery: "api",
    schedules: [{ name: "schedule1", cron: "0 0 9 * * 1", text: "Good morning!", to: ["user"] }],
    deliveryDays: 7,
    referenceDays: 0,
    sendsPerSecond: 13,
    alertEmail: "ops+bot@example.com",
    appServiceSku: "P0v3",
    instances: 3,
    zoneRedundant: true,
    storageSku: "Standard_RAGZRS",
    botSku: "S1",
    nodeVersion: "24",
    operatorObjectId: "6f3de0f8-8a1b-1d2c-0d3e-000000000001",
    serviceHosts: ["localhost:4443", "*.example.com"],
    tags: { costCenter: "1234", owner: "" },
    webhookVersion: 7,
    releaseTimeout: 600,
    cloud: clouds.usgovernment,
  });
});

const refused: [key: string, values: string[], says: RegExp][] = [
  ["location", ["west-europe!", ""], /region/],
  ["queueName", ["ab", "a".repeat(57), "Queue", "a--b", "-ab", "ab-", "a_b", "bot-queue-poison"], /3 to 56 lower-case/],
  ["botDisplayName", ["", " x", "x".repeat(43)], /1 to 42/],
  ["webChat", ["yes", "1", "True"], /true or false/],
  ["teams", ["on"], /true or false/],
  ["delivery", ["email", "DirectLine", ""], /directLine or api/],
  ["schedules", ["daily", "{}"], /a list, such as/],
  ["deliveryDays", ["0", "3651", "1.5", "a week"], /whole days, from 1 to 3650/],
  ["referenceDays", ["-1", "3651", "1.5", "never"], /whole days, from 1 to 3650, or 0/],
  ["sendsPerSecond", ["0", "1001", "1.5", "many"], /a whole number from 1 to 1000/],
  ["alertEmail", ["", "ops", "ops@example", "ops@example.com, me@example.com"], /e-mail address, such as ops@/],
  ["appServiceSku", ["F1", "D1", "Y1", "EP1", "FC1", "b1", "B4"], /Always On: B1/],
  ["instances", ["0", "31", "1.5", "-1", "two", ""], /whole number from 1 to 30/],
  [
    "instances",
    ["4"],
    /at most 3 with acme-bot:appServiceSku B1 \(Basic\); Basic takes 3, Standard 10 and Premium 30$/,
  ],
  ["zoneRedundant", ["yes", "1", "True"], /true or false/],
  ["zoneRedundant", ["true"], /false with acme-bot:appServiceSku B1 \(Basic\); Premium takes it: P1v2/],
  [
    "storageSku",
    ["LRS", "standard_lrs", "Premium_LRS", "Premium_ZRS", ""],
    /Standard_LRS, Standard_ZRS, .* or Standard_RAGZRS$/,
  ],
  ["tags", ["owner=me", "costCenter"], /tags as JSON, such as \{"costCenter": "1234"\}/],
  ["botSku", ["S0", "f0"], /F0 or S1/],
  ["nodeVersion", ["20", "22.1"], /22 or 24/],
  ["operatorObjectId", ["me@example.com", "6f3de0f8"], /GUID/],
  ["serviceHosts", ["bots.example.com", "{}"], /list of hosts/],
  ["webhookVersion", ["0", "-1", "1.5", "x"], /whole number from 1/],
  ["releaseTimeout", ["9", "7201", "1m"], /10 to 7200/],
];
for (const [key, values, says] of refused) {
  test(`a wrong ${key} is refused with its full name and the allowed values`, () => {
    for (const value of values) {
      const { config, problems } = parse({ [key]: value });
      assert.equal(config, undefined, value);
      assert.equal(problems.length, 1, value);
      const fullName = key === "location" ? "azure-native:location" : `acme-bot:${key}`;
      assert.ok(
        problems[0]?.startsWith(`${fullName} is ${value === "{}" ? value : JSON.stringify(value)}: must be`),
        problems[0],
      );
      assert.match(problems[0] ?? "", says);
    }
  });
}

test("a wrong entry of a list is named by its place", () => {
  const hosts = [
    "ok.example.com",
    "*.com",
    "https://example.com",
    "UPPER.example.com",
    "a.*.example.com",
    "host:123456",
  ];
  const { problems } = parse({ serviceHosts: JSON.stringify(hosts) });
  assert.deepEqual(
    problems.map((problem) => problem.slice(0, problem.indexOf(": must be"))),
    hosts.slice(1).map((host, index) => `acme-bot:serviceHosts[${index + 1}] is ${JSON.stringify(host)}`),
  );
});

const cron = "0 0 9 * * 1";
const wrongSchedules: [what: string, entries: object[], says: string][] = [
  [
    "without six fields",
    [{ cron: "0 9 * * 1" }],
    '[0].cron is "0 9 * * 1": must have six fields, {second} {minute} {hour} {day} {month} {day of the week}, such as "0 0 9 * * 1-5"',
  ],
  [
    "at an hour that no day has",
    [{ cron }, { cron: "0 0 24 * * *" }],
    '[1].cron is "0 0 24 * * *": its hour must be *, or numbers from 0 to 23 such as 1,2 or 1-5 or */2',
  ],
  ["without a time", [{ text: "Hello" }], "[0].cron is missing: must be a schedule"],
  ["with a slip", [{ cron, txt: "Hello" }], `[0] is {"cron":"${cron}","txt":"Hello"}: must not have txt`],
  [
    "with both text and dialog",
    [{ cron, text: "Hello", dialog: "learner" }],
    `[0] is {"cron":"${cron}","text":"Hello","dialog":"learner"}: must have text or dialog, not both`,
  ],
  [
    "with another's name",
    [
      { cron, name: "daily" },
      { cron, name: "Daily" },
    ],
    ` is [{"cron":"${cron}","name":"daily"},{"cron":"${cron}","name":"Daily"}]: must not have the same name twice`,
  ],
  ["to one user without a list", [{ cron, to: "me" }], '[0].to is "me": must be "all" or a list of users\' ids'],
];
for (const [what, entries, says] of wrongSchedules) {
  test(`a schedule ${what} is refused, and the error names its place`, () => {
    const { config, problems } = parse({ schedules: JSON.stringify(entries) });
    assert.equal(config, undefined);
    assert.deepEqual(problems, [`acme-bot:schedules${says}`]);
  });
}

const plans: [settings: Record<string, string>, says: RegExp | undefined][] = [
  [{ appServiceSku: "B3", instances: "3" }, undefined],
  [{ appServiceSku: "S1", instances: "10" }, undefined],
  [{ appServiceSku: "S1", instances: "11" }, /instances is "11": must be at most 10 .*S1 \(Standard\)/],
  [{ appServiceSku: "P3v2", instances: "30" }, undefined],
  [{ appServiceSku: "S3", instances: "3", zoneRedundant: "true" }, /zoneRedundant is "true": must be false .*S3/],
  [{ appServiceSku: "P1v2", instances: "2", zoneRedundant: "true" }, undefined],
  [{ appServiceSku: "P1mv4", instances: "3", zoneRedundant: "true" }, undefined],
  [
    { appServiceSku: "P0v3", zoneRedundant: "true" },
    /instances is "1": must be from 2 to 30 with .*zoneRedundant true/,
  ],
];
for (const [given, says] of plans) {
  test(`${JSON.stringify(given)} is ${says ? "refused with the limits of its plan" : "allowed"}`, () => {
    const { config, problems } = parse(given);
    assert.equal(problems.length, says ? 1 : 0, problems.join());
    assert.equal(config === undefined, says !== undefined);
    if (says) assert.match(problems[0] ?? "", says);
  });
}

const tagNames: [name: string, says: RegExp][] = [
  ["project", /\.project is "x": must not be given: the program sets the tags project and stack itself/],
  ["Stack", /\.Stack is "x": must not be given/],
  ["", /1 to 128 characters/],
  ["a".repeat(129), /1 to 128 characters/],
  ...[..."<>%&\\?/"].map((character): [string, RegExp] => [`a${character}b`, /without any of < > % & \\ \? \//]),
  ["azureOwner", /does not begin with azure/],
  ["Microsoft", /does not begin with azure/],
];
for (const [name, says] of tagNames) {
  test(`a tag with the name ${JSON.stringify(name.slice(0, 20))} is refused with the reason`, () => {
    const { problems } = parse({ tags: JSON.stringify({ [name]: "x", costCenter: "1234" }) });
    assert.equal(problems.length, 1, problems.join());
    assert.match(problems[0] ?? "", /^acme-bot:tags/);
    assert.match(problems[0] ?? "", says);
  });
}

test("too many tags, a tag that is too long, no text or given twice are refused", () => {
  const many = Object.fromEntries(Array.from({ length: 14 }, (_, n) => [`tag${n}`, ""]));
  assert.match(
    parse({ tags: JSON.stringify(many) }).problems.join(),
    /must be at most 13 tags: a secret in the vault takes 15/,
  );
  const { tag13: _, ...fewer } = many;
  assert.deepEqual(parse({ tags: JSON.stringify(fewer) }).config?.tags, fewer);
  for (const value of ["x".repeat(257), 5, null]) {
    const { problems } = parse({ tags: JSON.stringify({ owner: value }) });
    assert.match(problems.join(), /^acme-bot:tags\.owner is .*: must be a text of at most 256 characters$/);
  }
  assert.match(parse({ tags: '{"Owner":"a","owner":"b"}' }).problems.join(), /names of tags have no case/);
});

test("a schedule sends a text, or starts a dialog or the default dialog", () => {
  const entries = [{ cron, text: "Hello" }, { cron, dialog: "newSurvey", name: "monday" }, { cron }];
  assert.deepEqual(parse({ schedules: JSON.stringify(entries) }).config?.schedules, [
    { name: "schedule1", cron, text: "Hello", to: "all" },
    { name: "monday", cron, dialog: "newSurvey", to: "all" },
    { name: "schedule3", cron, to: "all" },
  ]);
});

test("all problems are reported together", () => {
  const { problems } = parse({ queueName: "X", botSku: "X", environment: "mars", nodeVersion: "8" });
  const keys = ["acme-bot:queueName", "acme-bot:botSku", "acme-bot:nodeVersion", "azure-native:environment"];
  assert.deepEqual(
    problems.map((problem) => problem.split(" ")[0]),
    keys,
  );
});

test("a cloud without a row is refused, and the error names the clouds with one and how to give another", () => {
  const { problems } = parse({ environment: "china" });
  const text =
    'azure-native:environment is "china": must be public or usgovernment; for another cloud give its row as acme-bot:cloud';
  assert.deepEqual(problems, [text]);
});

test("a whole row as JSON is used in every environment", () => {
  const row = { ...clouds.public, directLine: "https://localhost:4443", serviceHosts: ["localhost:4443"] };
  const { config } = parse({ environment: "china", cloud: JSON.stringify(row) });
  assert.deepEqual(config?.cloud, row);
});

test("a row with a missing, an unknown or a wrong value is refused, and the error names it", () => {
  const { portal, ...row } = { ...clouds.public, directLine: "https://localhost/", tokenIsuer: "x" };
  const { problems } = parse({ cloud: JSON.stringify(row) });
  assert.equal(problems.length, 3);
  assert.ok(problems.includes('acme-bot:cloud.directLine is "https://localhost/": must not end with /'));
  assert.ok(problems.includes("acme-bot:cloud.portal is missing: must be a URL that starts with https://"));
  assert.ok(problems.some((problem) => problem.endsWith("must not have tokenIsuer")));
});

test("a row that is not JSON is refused, and the error names it", () => {
  const { problems } = parse({ cloud: "{" });
  assert.deepEqual(problems, ['acme-bot:cloud is "{": must be a row of infra/clouds.ts, as JSON']);
});

test("US government has its own default region", () => {
  assert.equal(parse({ environment: "usgovernment" }).config?.location, "usgovvirginia");
});
