import assert from "node:assert/strict";
import { test } from "node:test";
import { RestError } from "@azure/storage-queue";
import { errorText } from "../../../cli/error-text";
import { Failure } from "../../../cli/failure";
import { QueueMissingError } from "../../../core/queue/message-queue";

test("an error is a sentence, and what only Azure's support can read is left out", () => {
  const refused = new RestError("This request is not authorized.\nRequestId:1\nTime:2", { statusCode: 403 });
  assert.equal(
    errorText(refused),
    "Azure refuses this: an operator's role is missing, or does not work yet. This request is not authorized.",
  );
  const missing = new RestError("The specified queue does not exist.\nRequestId:1", {
    statusCode: 404,
    code: "QueueNotFound",
  });
  assert.match(errorText(missing), /^The queue does not exist: .* run "pulumi up"/);
  assert.equal(errorText(new RestError("Busy.\nRequestId:1", { statusCode: 503 })), "Azure answered 503: Busy.");
  const unreachable = new RestError("connect ECONNREFUSED 127.0.0.1:1", { code: "REQUEST_SEND_ERROR" });
  assert.equal(errorText(unreachable), "Azure cannot be reached: connect ECONNREFUSED 127.0.0.1:1");
});

test("what is said to an app about its roles and settings is said to an operator as theirs", async () => {
  assert.match(
    errorText(new QueueMissingError("https://x.example/q")),
    /^The queue does not exist: .* run "pulumi up"\.$/,
  );
  const refused = Object.assign(new Error("This app may not send to the queue"), { name: "QueueForbiddenError" });
  assert.match(errorText(refused), /^Azure refuses this: an operator's role is missing/);
});

test("nothing in it moves the cursor", () => {
  assert.equal(errorText(new Error("It said \u001b[2J\nto us")), "It said \ufffd[2J\nto us");
});

test("ours stay as they are, and commander's are made to look like them", () => {
  assert.equal(errorText(new Failure("One thing.\nAnother.")), "One thing.\nAnother.");
  assert.equal(errorText(new Error("error: unknown option '--x'")), "Unknown option '--x'");
});
