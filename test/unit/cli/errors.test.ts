import assert from "node:assert/strict";
import { test } from "node:test";
import { RestError } from "@azure/storage-queue";
import { CommanderError } from "commander";
import { CommandError, errorMessage } from "../../../cli/errors";
import { QueueMissingError } from "../../../core/queue/message-queue";

test("an error of Azure is a sentence, without request ids", () => {
  const refused = new RestError("This request is not authorized.\nRequestId:1\nTime:2", { statusCode: 403 });
  assert.equal(
    errorMessage(refused),
    "Azure refused access. Your account lacks an operator role, or the role is not active yet (docs/azure.md). This request is not authorized.",
  );
  const missing = new RestError("The specified queue does not exist.\nRequestId:1", {
    statusCode: 404,
    code: "QueueNotFound",
  });
  assert.match(errorMessage(missing), /^The queue does not exist\. Run "pulumi up"/);
  assert.equal(errorMessage(new RestError("Busy.\nRequestId:1", { statusCode: 503 })), "Azure answered 503: Busy.");
  const unreachable = new RestError("connect ECONNREFUSED 127.0.0.1:1", { code: "REQUEST_SEND_ERROR" });
  assert.equal(errorMessage(unreachable), "Azure cannot be reached: connect ECONNREFUSED 127.0.0.1:1");
});

test("errors about an app's roles and settings are turned into errors about the operator's", async () => {
  assert.match(
    errorMessage(new QueueMissingError("https://x.example/q")),
    /^The queue does not exist\. Run "pulumi up" to create it\.$/,
  );
  const refused = Object.assign(new Error("This app may not send to the queue"), { name: "QueueForbiddenError" });
  assert.match(errorMessage(refused), /^Azure refused access\. Your account lacks an operator role/);
});

test("control characters are replaced", () => {
  assert.equal(errorMessage(new Error("It said \u001b[2J\nto us")), "It said \ufffd[2J\nto us");
});

test("our own errors stay as they are, and commander's become sentences", () => {
  assert.equal(errorMessage(new CommandError("One thing.\nAnother.")), "One thing.\nAnother.");
  const usage = (message: string) => errorMessage(new CommanderError(1, "commander.any", message));
  assert.equal(usage("error: unknown option '--x'"), "Unknown option '--x'.");
  assert.equal(usage("error: unknown command 'x'\n(Did you mean y?)"), "Unknown command 'x'. Did you mean y?");
  assert.equal(usage("error: too many arguments for 'x'. Expected 0."), "Too many arguments for 'x'. Expected 0.");
});
