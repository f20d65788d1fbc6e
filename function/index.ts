import { app, trigger } from "@azure/functions";
import { ManagedIdentityCredential } from "@azure/identity";
import { deliveriesTable, directLineSecret, referencesTable, webhookForm, webhookSecret } from "../core/names";
import { MessageQueue } from "../core/queue/message-queue";
import { PoisonQueue } from "../core/queue/poison-queue";
import { Readiness } from "../core/readiness";
import { VaultSecret } from "../core/secrets/vault-secret";
import { Deliveries } from "../core/tables/deliveries";
import { DeliveryRecords } from "../core/tables/delivery-records";
import { Table } from "../core/tables/table";
import { DirectLine } from "./forward/direct-line";
import { Forwarder } from "./forward/forwarder";
import { NotifyApi } from "./forward/notify-api";
import { SendRate } from "./forward/send-rate";
import { healthz, readyz } from "./health";
import { readSettings } from "./settings";
import { cleanUp } from "./timers/clean-up";
import { poisonWatch } from "./timers/poison-watch";
import { sendSchedule } from "./timers/schedules";

const settings = readSettings(process.env);
const credential = new ManagedIdentityCredential({ clientId: settings.clientId });
const queue = new MessageQueue(settings.queueUrl, credential);
const vault = { ...settings.vault, credential };
const webhook = new VaultSecret(vault, webhookSecret, webhookForm);
const directLineKey = new VaultSecret(vault, directLineSecret);

const table = (name: string) => new Table(settings.tableServiceUrl, name, credential);
const deliveries = new Deliveries(table(deliveriesTable));
const records = new DeliveryRecords(table(deliveriesTable));
const references = table(referencesTable);
const poison = new PoisonQueue(settings.queueUrl, credential);

const byApi = settings.delivery === "api";
const carrier = byApi ? new NotifyApi(settings.notifyUrl) : new DirectLine(settings.directLine, directLineKey);
const rate = new SendRate(settings.sendsPerSecond / settings.instances);
const forwarder = new Forwarder(queue, carrier, webhook, deliveries, rate);
const needed = [queue, deliveries, webhook, ...(byApi ? [] : [directLineKey])];
const readiness = new Readiness(
  needed.map((one) => () => one.checkAccess()),
  (error) => console.error(`Not ready: ${(error as Error).message}`),
);

// As bytes: of a text the library makes what JSON.parse does, which rounds numbers (github.com/Azure/azure-functions-nodejs-library/issues/72).
app.generic("forward", {
  trigger: trigger.generic({
    type: "queueTrigger",
    connection: "AzureWebJobsStorage",
    queueName: "%QUEUE_NAME%",
    dataType: "binary",
  }),
  handler: (entry, context) => forwarder.forward(entry, context),
});
app.http("healthz", { methods: ["GET"], authLevel: "anonymous", handler: healthz() });
app.http("readyz", { methods: ["GET"], authLevel: "anonymous", handler: readyz(readiness) });

const days = { delivery: settings.deliveryDays, reference: settings.referenceDays };
app.timer("clean-up", { schedule: "0 30 3 * * *", handler: cleanUp(records, references, days) });
app.timer("poison-watch", { schedule: "0 */5 * * * *", handler: poisonWatch(poison, deliveries) });
const { sendsPerSecond } = settings;
for (const schedule of settings.schedules) {
  app.timer(`schedule-${schedule.name}`, {
    schedule: schedule.cron,
    handler: sendSchedule(schedule, { queue, deliveries, references, sendsPerSecond }),
  });
}
