import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bundleHost, cleanUp, hostJson, settings, TestHost, withQueues, writeApp } from "../helpers/functions-host";

const queueApp = `app.storageQueue("forward", { queueName: "bot-queue", connection: "AzureWebJobsStorage", handler: () => {} });`;

describe("the Functions host refuses", () => {
  let bundle: string;
  before(async () => {
    bundle = await bundleHost();
  });
  after(cleanUp);

  interface Wrong {
    source?: string;
    files?: Record<string, unknown>;
    env?: Record<string, string | undefined>;
  }

  async function refuses({ source = queueApp, files, env }: Wrong, expected: RegExp): Promise<void> {
    const host = new TestHost(bundle, writeApp(source, files), settings(undefined, env));
    const { code } = await host.exited;
    assert.equal(code, 1);
    assert.equal(host.lines.length, 1, `more than one line:\n${host.lines.join("\n")}`);
    assert.match(host.lines[0] ?? "", /^\[error\] .+\.$/);
    assert.match(host.lines[0] ?? "", expected);
  }

  const cases: [name: string, wrong: Wrong, expected: RegExp][] = [
    ["an app without host.json", { files: { "host.json": undefined } }, /no host\.json/],
    ["a host.json that is not JSON", { files: { "host.json": "{" } }, /host\.json is not JSON/],
    [
      "a host.json without an extension bundle",
      { files: { "host.json": { version: "2.0" } } },
      /extensionBundle is missing.+no queue trigger/,
    ],
    [
      "a bundle version that is not a range",
      { files: { "host.json": { ...hostJson, extensionBundle: { ...hostJson.extensionBundle, version: "latest" } } } },
      /extensionBundle\.version: must be a version range/,
    ],
    [
      "an unknown queue setting",
      { files: { "host.json": withQueues({ batchsize: 4 }) } },
      /extensions\.queues\.batchsize/,
    ],
    [
      "a batch that is too large",
      { files: { "host.json": withQueues({ batchSize: 33 }) } },
      /extensions\.queues\.batchSize.+32/,
    ],
    [
      "a polling interval given as a number",
      { files: { "host.json": withQueues({ maxPollingInterval: 2 }) } },
      /maxPollingInterval.+time span/,
    ],
    [
      "host.json overridden by settings",
      { env: { AzureFunctionsJobHost__version: "2.0" } },
      /azurefunctionsjobhost__version/i,
    ],
    ["another runtime", { env: { FUNCTIONS_WORKER_RUNTIME: "python" } }, /FUNCTIONS_WORKER_RUNTIME is 'python'/],
    [
      "a missing host version",
      { env: { FUNCTIONS_EXTENSION_VERSION: undefined } },
      /FUNCTIONS_EXTENSION_VERSION is missing/,
    ],
    ["an app that registers nothing", { source: "" }, /registered no function/],
    [
      "an entry point that throws",
      { source: `throw new Error("boom")` },
      /entry point .+index\.js failed to load: boom/,
    ],
    ["a missing entry point", { files: { "index.js": undefined } }, /"main" is 'index\.js', but \S+ has no such file/],
    ["an ES module", { files: { "package.json": { main: "index.js", type: "module" } } }, /not support ES modules/],
    [
      "an unknown %NAME% in a queue's name",
      { source: `app.storageQueue("f", { queueName: "%NO_SUCH%", connection: "Storage", handler() {} });` },
      /'%NO_SUCH%'.+app setting 'NO_SUCH' is missing/,
    ],
    [
      "a connection without settings",
      { source: `app.storageQueue("f", { queueName: "bot-queue", connection: "Other", handler() {} });` },
      /looked for .*'AzureWebJobsOther__queueServiceUri' and 'Other__queueServiceUri'/,
    ],
    [
      "a connection string",
      { env: { AzureWebJobsStorage: "UseDevelopmentStorage=true" } },
      /'AzureWebJobsStorage' is a connection string/,
    ],
    [
      "a connection that is not keyless",
      { env: { AzureWebJobsStorage__credential: undefined } },
      /AzureWebJobsStorage__credential/,
    ],
    ["an app without an identity", { env: { IDENTITY_ENDPOINT: undefined } }, /IDENTITY_ENDPOINT is missing/],
    [
      "an unsupported trigger",
      { source: `app.storageBlob("files", { path: "in/{name}", connection: "AzureWebJobsStorage", handler() {} });` },
      /'files'.+'blobTrigger'/,
    ],
    ["a function without a handler", { source: `app.http("api", () => ({}));` }, /'api' has no handler/],
    [
      "an output binding",
      {
        source: `const { output } = require("@azure/functions");
          app.storageQueue("f", { queueName: "bot-queue", connection: "Storage", handler() {},
            return: output.storageQueue({ queueName: "other", connection: "Storage" }) });`,
      },
      /'f' has a binding '\$return' of type 'queue'/,
    ],
    [
      "a function key",
      { source: `app.http("api", { authLevel: "function", handler: () => ({}) });` },
      /'api' has authLevel 'function'/,
    ],
    [
      "HTTP streams",
      { source: `app.setup({ enableHttpStream: true }); app.get("api", () => ({}));` },
      /enableHttpStream/,
    ],
    [
      "a route constraint",
      { source: `app.http("api", { route: "a/{id:int}", handler: () => ({}) });` },
      /does not support '\{id:int\}'/,
    ],
    ["a duplicate name", { source: queueApp + queueApp }, /"forward" has already been registered/],
    [
      "a failing appStart hook",
      { source: `${queueApp} app.hook.appStart(() => { throw new Error("no"); });` },
      /appStart hook failed: no/,
    ],
  ];
  for (const [name, wrong, expected] of cases) it(name, () => refuses(wrong, expected));
});
