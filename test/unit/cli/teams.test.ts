import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { strFromU8, unzipSync } from "fflate";
import { keywords } from "../../../bot/replies";
import { valuesOf, versionAt } from "../../../cli/commands/teams";
import { connectionsFolder } from "../../../cli/stack/connection";
import type { Stack } from "../../../cli/stack/stack";
import { packTeamsApp, teamsFolder } from "../../../cli/teams-app";
import { schemaProblems } from "../../../cli/teams-manifest";

const root = path.resolve(__dirname, "../../..");
const botAppId = "8f0a3c52-6a1b-4d8e-9d3f-0c1b2a394857";
const values = {
  botAppId,
  botDisplayName: 'Ada\'s "news" bot',
  botHost: "bot-1a2b.azurewebsites.net",
  appVersion: "1.2.3",
};

const work = mkdtempSync(path.join(tmpdir(), "teams-app-"));
after(() => rmSync(work, { recursive: true }));

/** A fork's copy of the folder `teams/`, with its manifest changed. */
function fork(change: (manifest: Manifest) => void = () => {}): string {
  const folder = mkdtempSync(path.join(work, "fork-"));
  cpSync(teamsFolder, folder, { recursive: true });
  const file = path.join(folder, "manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
  return folder;
}

// biome-ignore lint/suspicious/noExplicitAny: a manifest is changed in ways that its type forbids
type Manifest = any;

async function packed(folder?: string): Promise<{ files: Record<string, Uint8Array>; manifest: Manifest }> {
  const files = unzipSync((await packTeamsApp(values, folder)).zip);
  return { files, manifest: JSON.parse(strFromU8(files["manifest.json"] ?? new Uint8Array())) };
}

/** The head of a PNG, which is all that is looked at. */
function png(width: number, height: number, colourType: number): Buffer {
  const head = Buffer.alloc(33);
  Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").copy(head);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  head.writeUInt8(8, 24);
  head.writeUInt8(colourType, 25);
  return head;
}

test("the package holds the manifest and the two icons, and nothing else", async () => {
  const { files } = await packed();
  assert.deepEqual(Object.keys(files).sort(), ["color.png", "manifest.json", "outline.png"]);
  for (const icon of ["color.png", "outline.png"])
    assert.deepEqual(Buffer.from(files[icon] ?? []), readFileSync(path.join(teamsFolder, icon)));
});

test("the manifest fulfils Microsoft's newest schema, with every placeholder filled", async () => {
  const { manifest } = await packed();
  assert.deepEqual(schemaProblems(manifest), []);
  assert.doesNotMatch(JSON.stringify(manifest), /\{\{|undefined/);

  const schemas = path.join(root, "node_modules/@microsoft/app-manifest/build/json-schemas/teams");
  const minors = readdirSync(schemas).flatMap((name) => /^v1\.(\d+)$/.exec(name)?.[1] ?? []);
  assert.equal(manifest.manifestVersion, `1.${Math.max(...minors.map(Number))}`);
  assert.ok(manifest.$schema.includes(`/v${manifest.manifestVersion}/`));
});

test("the manifest says which bot it is, where it is, and what people can say to it", async () => {
  const { manifest } = await packed();
  const [bot] = manifest.bots;
  assert.equal(manifest.id, botAppId);
  assert.equal(bot.botId, botAppId);
  assert.equal(manifest.version, "1.2.3");
  assert.equal(manifest.name.short, values.botDisplayName);
  assert.deepEqual(manifest.validDomains, [values.botHost]);
  assert.deepEqual(bot.scopes, ["personal", "team", "groupChat"]);
  assert.deepEqual([bot.isNotificationOnly, bot.supportsFiles], [false, false]);
  for (const url of ["websiteUrl", "privacyUrl", "termsOfUseUrl"])
    assert.equal(manifest.developer[url], `https://${values.botHost}/`);
  const [list, ...others] = bot.commandLists;
  assert.deepEqual([list.scopes, others], [bot.scopes, []]);
  const titles: string[] = list.commands.map(({ title }: Manifest) => title);
  for (const word of Object.values(keywords)) assert.ok(titles.includes(word), word);
});

test("a fork's icons and languages go into the package under their own names", async () => {
  const folder = fork((manifest) => {
    manifest.icons.color = "logo.png";
    manifest.localizationInfo = {
      defaultLanguageTag: "en",
      additionalLanguages: [{ languageTag: "de", file: "de.json" }],
    };
  });
  writeFileSync(path.join(folder, "logo.png"), png(192, 192, 2));
  writeFileSync(path.join(folder, "de.json"), "{}");
  const { files } = await packed(folder);
  assert.deepEqual(Object.keys(files).sort(), ["de.json", "logo.png", "manifest.json", "outline.png"]);
});

test("a manifest that Teams would refuse is refused with the field, the value and the rule", async () => {
  const refused = (change: (manifest: Manifest) => void, why: RegExp) =>
    assert.rejects(packTeamsApp(values, fork(change)), { name: "CommandError", message: why });
  const long = "A name that is longer than thirty";
  await refused((m) => Object.assign(m.name, { short: long }), /name\.short must NOT have more than 30 .*"A name that/);
  await refused((m) => Object.assign(m.developer, { privacyUrl: "nothing" }), /developer\.privacyUrl must match/);
  await refused((m) => Object.assign(m.bots[0], { scopes: ["all"] }), /bots\.0\.scopes\.0 must be .*: team, personal/);
  await refused((m) => Object.assign(m, { colour: "red" }), /The manifest must NOT have additional properties: colour/);
  await refused((m) => delete m.accentColor, /The manifest must have required property 'accentColor'/);
  await refused((m) => Object.assign(m, { manifestVersion: "9.9" }), /manifestVersion is "9\.9"/);
  await refused(
    (m) => Object.assign(m.icons, { color: "../color.png" }),
    /"\.\.\/color\.png" must be the name of a file/,
  );
  await refused(
    (m) => Object.assign(m.developer, { websiteUrl: "http://example.com" }),
    /developer\.websiteUrl .*https/,
  );
});

test("an unknown placeholder, text that is not JSON, and a missing file are named", async () => {
  const placeholder = fork((manifest) => Object.assign(manifest.name, { full: "$" + "{{botname}}" }));
  await assert.rejects(packTeamsApp(values, placeholder), /unknown placeholder \$\{\{botname\}\}\. .* botAppId, bot/);
  const broken = fork();
  writeFileSync(path.join(broken, "manifest.json"), "{,");
  await assert.rejects(packTeamsApp(values, broken), /manifest\.json is not JSON/);
  const missing = fork();
  rmSync(path.join(missing, "outline.png"));
  await assert.rejects(packTeamsApp(values, missing), /The file .*outline\.png is missing\./);
});

test("an icon of the wrong kind, size or background is refused with what Teams wants", async () => {
  const withIcon = (name: string, content: Buffer) => {
    const folder = fork();
    writeFileSync(path.join(folder, name), content);
    return packTeamsApp(values, folder);
  };
  await assert.rejects(withIcon("color.png", Buffer.from("<svg/>")), /color\.png is not a PNG image/);
  await assert.rejects(
    withIcon("color.png", png(96, 192, 2)),
    /color\.png has 96 x 192 pixels\. Teams wants 192 x 192/,
  );
  await assert.rejects(withIcon("outline.png", png(192, 192, 6)), /outline\.png has 192 x 192 .* 32 x 32/);
  await assert.rejects(withIcon("outline.png", png(32, 32, 2)), /outline\.png has no transparency/);
  await withIcon("color.png", png(192, 192, 2));
});

test("a version is semantic, and the next minute's and the next day's are higher", () => {
  const times = ["2026-11-27T00:05:59Z", "2026-11-27T09:59:00Z", "2026-11-27T23:59:00Z", "2026-11-28T00:00:00Z"];
  assert.deepEqual(
    times.map((time) => versionAt(new Date(time))),
    ["1.20261127.5", "1.20261127.959", "1.20261127.2359", "1.20261128.0"],
  );
});

const outputs = {
  queueUrl: "https://a.queue.example/bot-queue",
  botAppId,
  botDisplayName: "Proactive bot",
  botEndpoint: "https://bot.example/api/messages",
  teams: true,
};

test("a stack without the outputs, or without Teams, is refused with the command to run", () => {
  const stack = (name: string, isLocal: boolean, change: object) =>
    ({ name, isLocal, outputs: { ...outputs, ...change } }) as unknown as Stack;
  assert.throws(
    () => valuesOf(stack("dev", false, { botAppId: undefined })),
    /stack dev has no outputs botAppId.* Run "pulumi up"/,
  );
  assert.throws(() => valuesOf(stack("dev", false, { teams: false })), /dev .*"pulumi config set teams true"/);
  assert.throws(() => valuesOf(stack("local", true, { teams: false })), /"npm start -- --config teams=true"/);
  assert.equal(valuesOf(stack("dev", false, {})).botHost, "bot.example");
});

/** No real page has such a port. */
const port = 1 + (process.pid % 1000);

/** `npm run cli -- teams ARGS` with a local stack that has these outputs, or with the stack that is named. */
async function teams(args: string[], stackOutputs: object = outputs, environment: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(path.join(work, "cli-"));
  const out = path.join(folder, "made", "app.zip");
  const choice = args.includes("--stack") ? [] : ["--port", String(port)];
  const command = ["scripts/run.cjs", "cli/index.ts", ...choice, "teams", "--out", out, ...args];
  const env = { ...process.env, ...environment };
  const file = publish(folder, stackOutputs);
  return new Promise<{ code: number; stdout: string; stderr: string; out: string }>((resolve) => {
    execFile(process.execPath, command, { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr, out }),
    );
  }).finally(() => rmSync(file));
}

/** Writes the connection file of a stack. @returns its path */
function publish(folder: string, stackOutputs: object): string {
  const caFile = path.join(folder, "ca.pem");
  writeFileSync(caFile, "");
  const environment = { IDENTITY_ENDPOINT: "http://127.0.0.1:1/", IDENTITY_HEADER: "h", AZURE_CLIENT_ID: "c" };
  const connection = {
    pid: process.pid,
    page: `http://localhost:${port}/`,
    outputs: stackOutputs,
    caFile,
    environment,
  };
  mkdirSync(connectionsFolder, { recursive: true });
  const file = path.join(connectionsFolder, `${process.pid}-teams.json`);
  writeFileSync(file, JSON.stringify(connection));
  return file;
}

test("the command writes the package and says what to do with it", async () => {
  const { code, stdout, stderr, out } = await teams(["--app-version", "2.0.1"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"Proactive bot", version 2\.0\.1, is in .*app\.zip/);
  assert.match(stdout, /Upload a custom app/);
  assert.match(stdout, /Teams cannot reach a bot on this machine/);
  assert.deepEqual(Object.keys(unzipSync(readFileSync(out))).sort(), ["color.png", "manifest.json", "outline.png"]);
});

test("--json has the package's file, and the app's id and version", async () => {
  const { stdout, out } = await teams(["--json", "--app-version", "2.0.1"]);
  assert.deepEqual(JSON.parse(stdout), { file: out, id: botAppId, version: "2.0.1" });
});

test("a stack in Azure needs Pulumi's outputs, and no login in Azure", async () => {
  const folder = mkdtempSync(path.join(work, "pulumi-"));
  writeFileSync(
    path.join(folder, "pulumi"),
    `#!/bin/sh\necho '${JSON.stringify({ ...outputs, tableServiceUrl: "https://a.table.example/" })}'\n`,
    { mode: 0o755 },
  );
  const env = { PATH: `${folder}${path.delimiter}${process.env.PATH}` };
  const { code, stdout, stderr, out } = await teams(["--stack", "prod"], outputs, env);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Stack: prod$/m);
  assert.match(stdout, new RegExp(`is in ${out}`));
  assert.doesNotMatch(stdout, /on this machine/);
});

test("invalid usage exits with 2, a stack without Teams with 1, and nothing is written", async () => {
  const wrong = await teams(["--app-version", "v2"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--app-version is "v2"\. It must be three numbers such as 1\.2\.0\./);
  const closed = await teams([], { ...outputs, teams: false });
  assert.equal(closed.code, 1);
  assert.match(closed.stderr, /does not let the bot into Microsoft Teams/);
  for (const { out } of [wrong, closed]) assert.throws(() => readFileSync(out), { code: "ENOENT" });
});
