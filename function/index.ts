import { app, trigger } from "@azure/functions";
import { ManagedIdentityCredential } from "@azure/identity";
import { type HealthAnswer, liveness, Readiness } from "../core/health";
import { deliveriesTable, directLineSecret, referencesTable, webhookPattern, webhookSecret } from "../core/names";
import { MessageQueue } from "../core/queue/message-queue";
import { PoisonQueue } from "../core/queue/poison-queue";
import { Deliveries } from "../core/tables/deliveries";
import { Table } from "../core/tables/table";
import { VaultSecret } from "../core/vault-secret";
import { DirectLine } from "./forward/direct-line";
import { Forwarder } from "./forward/forwarder";
import { NotifyApi } from "./forward/notify-api";
import { SendRate } from "./forward/send-rate";
import { readSettings } from "./settings";
import { cleanUp } from "./timers/clean-up";
import { poisonWatch } from "./timers/poison-watch";
import { sendSchedule } from "./timers/schedules";

const settings = readSettings(process.env);
const credential = new ManagedIdentityCredential({ clientId: settings.clientId });
const queue = new MessageQueue(settings.queueUrl, credential);
const vault = { ...settings.vault, credential };
const webhook = new VaultSecret(vault, webhookSecret, webhookPattern);
const directLineKey = new VaultSecret(vault, directLineSecret);

const table = (name: string) => new Table(settings.tableServiceUrl, name, credential);
const deliveries = new Deliveries(table(deliveriesTable));
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
const live = liveness();
const health = (name: string, answer: () => Promise<HealthAnswer>) =>
  app.http(name, {
    methods: ["GET"],
    authLevel: "anonymous",
    handler: async () => {
      const { status, body } = await answer();
      return { status, jsonBody: body };
    },
  });
health("healthz", async () => live);
health("readyz", () => readiness.answer());

const days = { delivery: settings.deliveryDays, reference: settings.referenceDays };
app.timer("clean-up", { schedule: "0 30 3 * * *", handler: cleanUp(deliveries, references, days) });
app.timer("poison-watch", { schedule: "0 */5 * * * *", handler: poisonWatch(poison, deliveries) });
const { sendsPerSecond } = settings;
for (const schedule of settings.schedules) {
  app.timer(`schedule-${schedule.name}`, {
    schedule: schedule.cron,
    handler: sendSchedule(schedule, { queue, deliveries, references, sendsPerSecond }),
  });
}
