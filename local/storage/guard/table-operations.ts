import type { Permission } from "../../access/permission";
import { type Operation, operationKey, type StorageRequest } from "./operation";

const service = "Microsoft.Storage/storageAccounts/tableServices";
const tables = `${service}/tables`;
const entities = `${tables}/entities`;

const insert: Permission = [[`${entities}/write`], [`${entities}/add/action`]];
const update: Permission = [[`${entities}/write`], [`${entities}/update/action`]];
const insertOrUpdate: Permission = [[`${entities}/write`], [`${entities}/add/action`, `${entities}/update/action`]];

type OperationTable = Record<string, [name: string, permission: Permission]>;

const onService: OperationTable = {
  "GET comp=properties": ["Get Table Service Properties", [[`${service}/read`]]],
  "PUT comp=properties": ["Set Table Service Properties", [[`${service}/write`]]],
  "GET comp=stats": ["Get Table Service Stats", [[`${service}/read`]]],
};

const onTables: OperationTable = {
  GET: ["Query Tables", [[`${tables}/read`]]],
  POST: ["Create Table", [[`${tables}/write`]]],
};

const onTable: OperationTable = {
  GET: ["Query Tables", [[`${tables}/read`]]],
  DELETE: ["Delete Table", [[`${tables}/delete`]]],
};

const onEntities: OperationTable = {
  GET: ["Query Entities", [[`${entities}/read`]]],
  POST: ["Insert Entity", insert],
  "GET comp=acl": ["Get Table ACL", [[`${tables}/getAcl/action`]]],
  "HEAD comp=acl": ["Get Table ACL", [[`${tables}/getAcl/action`]]],
  "PUT comp=acl": ["Set Table ACL", [[`${tables}/setAcl/action`]]],
};

const onEntity: OperationTable = {
  GET: ["Query Entities", [[`${entities}/read`]]],
  PUT: ["Insert Or Replace Entity", insertOrUpdate],
  MERGE: ["Insert Or Merge Entity", insertOrUpdate],
  PATCH: ["Insert Or Merge Entity", insertOrUpdate],
  DELETE: ["Delete Entity", [[`${entities}/delete`]]],
};

/** With `If-Match`, the entity must exist. */
const onExistingEntity: OperationTable = {
  ...onEntity,
  PUT: ["Update Entity", update],
  MERGE: ["Merge Entity", update],
  PATCH: ["Merge Entity", update],
};

/** The path of a table or of an entity: `name`, `name()`, `name(PartitionKey='…',RowKey='…')`. */
const address = /^([A-Za-z][A-Za-z0-9]{2,62})(?:\((.*)\))?$/;

/** @returns undefined for a request that is not an operation of the table service, and for a batch, which consists of operations */
export function tableOperation(request: StorageRequest): Operation | undefined {
  const tunnelled = { ...request, method: String(request.headers["x-http-method"] ?? request.method).toUpperCase() };
  const wanted = operationKey(tunnelled);
  if (!request.path) return toOperation(onService[wanted]);
  const [, table = "", key = ""] = address.exec(decodeURIComponent(request.path)) ?? [];
  if (table.toLowerCase() !== "tables") return toOperation(operations(request, key)[wanted], table);
  return key ? toOperation(onTable[wanted], key.replaceAll("'", "")) : toOperation(onTables[wanted]);
}

function operations({ headers }: StorageRequest, key: string): OperationTable {
  if (!key) return onEntities;
  return headers["if-match"] ? onExistingEntity : onEntity;
}

function toOperation(known?: OperationTable[string], table?: string): Operation | undefined {
  if (!known || table === "") return undefined;
  const [name, permission] = known;
  if (!table) return { name, target: "the table service", resource: "/tableServices/default", permission };
  return { name, target: `the table ${table}`, resource: `/tableServices/default/tables/${table}`, permission };
}
