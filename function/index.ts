import { app } from "@azure/functions";
import { ManagedIdentityCredential } from "@azure/identity";
import { MessageQueue, Readiness } from "../message";
import { DirectLine } from "./direct-line";
import { Forwarder } from "./forwarder";
import { healthz, readyz } from "./health";
import { readSettings } from "./settings";

const settings = readSettings(process.env);
const queue = new MessageQueue(settings.queueUrl, new ManagedIdentityCredential({ clientId: settings.clientId }));
const directLine = new DirectLine(settings.directLine, settings.directLineSecret);
const forwarder = new Forwarder(queue, directLine, settings.webhookSecret);
const readiness = new Readiness(() => queue.reach(), console.error);

app.storageQueue("forward", {
  connection: "AzureWebJobsStorage",
  queueName: "%QUEUE_NAME%",
  handler: (entry, context) => forwarder.forward(entry, context),
});
app.http("healthz", { methods: ["GET"], authLevel: "anonymous", handler: healthz() });
app.http("readyz", { methods: ["GET"], authLevel: "anonymous", handler: readyz(readiness) });
