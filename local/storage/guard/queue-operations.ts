import type { Permission } from "../../access/permission";
import { type Operation, operationKey, type StorageRequest } from "./operation";

const service = "Microsoft.Storage/storageAccounts/queueServices";
const queues = `${service}/queues`;
const messages = `${queues}/messages`;

type OperationTable = Record<string, [name: string, permission: Permission]>;

const onService: OperationTable = {
  "GET comp=list": ["List Queues", [[`${queues}/read`]]],
  "GET comp=properties": ["Get Queue Service Properties", [[`${service}/read`]]],
  // Microsoft's table lists the permission "read" here, but "write" for the other services.
  "PUT comp=properties": ["Set Queue Service Properties", [[`${service}/write`]]],
  "GET comp=stats": ["Get Queue Service Stats", [[`${service}/read`]]],
};

const onQueue: OperationTable = {
  PUT: ["Create Queue", [[`${queues}/write`]]],
  DELETE: ["Delete Queue", [[`${queues}/delete`]]],
  "GET comp=metadata": ["Get Queue Metadata", [[`${queues}/read`]]],
  "HEAD comp=metadata": ["Get Queue Metadata", [[`${queues}/read`]]],
  "PUT comp=metadata": ["Set Queue Metadata", [[`${queues}/write`]]],
  "GET comp=acl": ["Get Queue ACL", [[`${queues}/getAcl/action`]]],
  "HEAD comp=acl": ["Get Queue ACL", [[`${queues}/getAcl/action`]]],
  "PUT comp=acl": ["Set Queue ACL", [[`${queues}/setAcl/action`]]],
};

const onMessages: OperationTable = {
  POST: ["Put Message", [[`${messages}/add/action`], [`${messages}/write`]]],
  GET: ["Get Messages", [[`${messages}/process/action`], [`${messages}/delete`, `${messages}/read`]]],
  DELETE: ["Clear Messages", [[`${messages}/delete`]]],
};

const onMessage: OperationTable = {
  PUT: ["Update Message", [[`${messages}/write`]]],
  DELETE: ["Delete Message", [[`${messages}/process/action`], [`${messages}/delete`]]],
};

const peek: OperationTable[string] = ["Peek Messages", [[`${messages}/read`]]];

/** @returns undefined for a request that is not an operation of the queue service */
export function queueOperation(request: StorageRequest): Operation | undefined {
  const [queue = "", collection, message, ...more] = request.path.split("/");
  const known = more.length ? undefined : find(request, queue, collection, message);
  if (!known) return undefined;
  const [name, permission] = known;
  if (!queue) return { name, target: "the queue service", resource: "/queueServices/default", permission };
  return { name, target: `the queue ${queue}`, resource: `/queueServices/default/queues/${queue}`, permission };
}

function find(request: StorageRequest, queue: string, collection?: string, message?: string) {
  const wanted = operationKey(request);
  if (!queue) return onService[wanted];
  if (collection === undefined) return onQueue[wanted];
  if (collection !== "messages") return undefined;
  if (message) return onMessage[wanted];
  return wanted === "GET" && request.query.get("peekonly")?.toLowerCase() === "true" ? peek : onMessages[wanted];
}
