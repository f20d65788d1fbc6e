import type { Permission } from "../../access/permission";
import { type Operation, type StorageRequest, verb } from "./operation";

const service = "Microsoft.Storage/storageAccounts/tableServices";
const tables = `${service}/tables`;
const entities = `${tables}/entities`;

const insert: Permission = [[`${entities}/write`], [`${entities}/add/action`]];
const update: Permission = [[`${entities}/write`], [`${entities}/update/action`]];
const insertOrUpdate: Permission = [[`${entities}/write`], [`${entities}/add/action`, `${entities}/update/action`]];

type Known = Record<string, [name: string, permission: Permission]>;

const onService: Known = {
  "GET comp=properties": ["Get Table Service Properties", [[`${service}/read`]]],
  "PUT comp=properties": ["Set Table Service Properties", [[`${service}/write`]]],
  "GET comp=stats": ["Get Table Service Stats", [[`${service}/read`]]],
};

const onTables: Known = {
  GET: ["Query Tables", [[`${tables}/read`]]],
  POST: ["Create Table", [[`${tables}/write`]]],
};

const onTable: Known = {
  GET: ["Query Tables", [[`${tables}/read`]]],
  DELETE: ["Delete Table", [[`${tables}/delete`]]],
};

const onEntities: Known = {
  GET: ["Query Entities", [[`${entities}/read`]]],
  POST: ["Insert Entity", insert],
  "GET comp=acl": ["Get Table ACL", [[`${tables}/getAcl/action`]]],
  "HEAD comp=acl": ["Get Table ACL", [[`${tables}/getAcl/action`]]],
  "PUT comp=acl": ["Set Table ACL", [[`${tables}/setAcl/action`]]],
};

const onEntity: Known = {
  GET: ["Query Entities", [[`${entities}/read`]]],
  PUT: ["Insert Or Replace Entity", insertOrUpdate],
  MERGE: ["Insert Or Merge Entity", insertOrUpdate],
  PATCH: ["Insert Or Merge Entity", insertOrUpdate],
  DELETE: ["Delete Entity", [[`${entities}/delete`]]],
};

/** With `If-Match` an entity has to be there already. */
const onExistingEntity: Known = {
  ...onEntity,
  PUT: ["Update Entity", update],
  MERGE: ["Merge Entity", update],
  PATCH: ["Merge Entity", update],
};

/** A table, and one of its entities: `name`, `name()`, `name(PartitionKey='…',RowKey='…')`. */
const address = /^([A-Za-z][A-Za-z0-9]{2,62})(?:\((.*)\))?$/;

/** @returns undefined for what is not an operation of the table service; a batch is the operations in it */
export function tableOperation(request: StorageRequest): Operation | undefined {
  const tunnelled = { ...request, method: String(request.headers["x-http-method"] ?? request.method).toUpperCase() };
  const wanted = verb(tunnelled);
  if (!request.path) return made(onService[wanted]);
  const [, table = "", key = ""] = address.exec(decodeURIComponent(request.path)) ?? [];
  if (table.toLowerCase() !== "tables") return made(operations(request, key)[wanted], table);
  return key ? made(onTable[wanted], key.replaceAll("'", "")) : made(onTables[wanted]);
}

function operations({ headers }: StorageRequest, key: string): Known {
  if (!key) return onEntities;
  return headers["if-match"] ? onExistingEntity : onEntity;
}

function made(known?: Known[string], table?: string): Operation | undefined {
  if (!known || table === "") return undefined;
  const [name, permission] = known;
  if (!table) return { name, on: "the table service", resource: "/tableServices/default", permission };
  return { name, on: `the table ${table}`, resource: `/tableServices/default/tables/${table}`, permission };
}
