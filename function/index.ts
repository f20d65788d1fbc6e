import { app, type TimerHandler, trigger } from "@azure/functions";
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
import { HttpTransport } from "./forward/http";
import { SendRate } from "./forward/send-rate";
import { readSettings } from "./settings";
import { cleanUp, cleanUpTime } from "./timers/clean-up";
import { poisonWatch, poisonWatchTime } from "./timers/poison-watch";
import { sendSchedule } from "./timers/schedules";

const settings = readSettings(process.env);
const { sendsPerSecond, instances } = settings;
const credential = new ManagedIdentityCredential({ clientId: settings.clientId });
const vault = { ...settings.vault, credential };
const webhook = new VaultSecret(vault, webhookSecret, webhookPattern);
const directLineKey = new VaultSecret(vault, directLineSecret);
const queue = new MessageQueue(settings.queueUrl, credential);
const poison = new PoisonQueue(settings.queueUrl, credential);
const table = (name: string) => new Table(settings.tableServiceUrl, name, credential);
const deliveries = new Deliveries(table(deliveriesTable));
const references = table(referencesTable);

const usesApi = settings.delivery === "api";
const transport = usesApi ? new HttpTransport(settings.notifyUrl) : new DirectLine(settings.directLine, directLineKey);
const forwarder = new Forwarder(queue, transport, webhook, deliveries, new SendRate(sendsPerSecond / instances));

// As bytes, because the library parses text as JSON, which rounds numbers: github.com/Azure/azure-functions-nodejs-library/issues/72.
app.generic("forward", {
  trigger: trigger.generic({
    type: "queueTrigger",
    connection: "AzureWebJobsStorage",
    queueName: "%QUEUE_NAME%",
    dataType: "binary",
  }),
  handler: (entry, context) => forwarder.forward(entry, context),
});

const timer = (name: string, schedule: string, handler: TimerHandler) => app.timer(name, { schedule, handler });
const days = { delivery: settings.deliveryDays, reference: settings.referenceDays };
timer("clean-up", cleanUpTime, cleanUp(deliveries, references, days));
timer("poison-watch", poisonWatchTime, poisonWatch(poison, deliveries));
for (const schedule of settings.schedules) {
  const services = { queue, deliveries, references, sendsPerSecond };
  timer(`schedule-${schedule.name}`, schedule.cron, sendSchedule(schedule, services));
}

const needed = [queue, deliveries, webhook, ...(usesApi ? [] : [directLineKey])];
const readiness = new Readiness(
  needed.map((service) => () => service.checkAccess()),
  (error) => console.error(`Not ready: ${(error as Error).message}`),
);
const version = liveness();
get("healthz", async () => version);
get("readyz", () => readiness.answer());

function get(name: string, answer: () => Promise<HealthAnswer>): void {
  const handler = async () => {
    const { status, body } = await answer();
    return { status, jsonBody: body };
  };
  app.http(name, { methods: ["GET"], authLevel: "anonymous", handler });
}
