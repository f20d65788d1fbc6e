import { app } from "@azure/functions";
import { ManagedIdentityCredential } from "@azure/identity";
import {
  Deliveries,
  deliveriesTable,
  directLineSecret,
  MessageQueue,
  Readiness,
  Table,
  VaultSecret,
  webhookForm,
  webhookSecret,
} from "../message";
import { DirectLine } from "./direct-line";
import { Forwarder } from "./forwarder";
import { healthz, readyz } from "./health";
import { readSettings } from "./settings";

const settings = readSettings(process.env);
const credential = new ManagedIdentityCredential({ clientId: settings.clientId });
const queue = new MessageQueue(settings.queueUrl, credential);
const vault = { ...settings.vault, credential };
const webhook = new VaultSecret(vault, webhookSecret, webhookForm);
const directLineKey = new VaultSecret(vault, directLineSecret);

const deliveries = new Deliveries(new Table(settings.tableServiceUrl, deliveriesTable, credential));

const forwarder = new Forwarder(queue, new DirectLine(settings.directLine, directLineKey), webhook, deliveries);
const readiness = new Readiness(
  [queue, deliveries, webhook, directLineKey].map((one) => () => one.reach()),
  (error) => console.error(`Not ready: ${(error as Error).message}`),
);

app.storageQueue("forward", {
  connection: "AzureWebJobsStorage",
  queueName: "%QUEUE_NAME%",
  handler: (entry, context) => forwarder.forward(entry, context),
});
app.http("healthz", { methods: ["GET"], authLevel: "anonymous", handler: healthz() });
app.http("readyz", { methods: ["GET"], authLevel: "anonymous", handler: readyz(readiness) });
