import type { Permission } from "../../access/permission";
import { type Operation, operationKey, type StorageRequest } from "./operation";

const service = "Microsoft.Storage/storageAccounts/blobServices";
const containers = `${service}/containers`;
const blobs = `${containers}/blobs`;

const read: Permission = [[`${blobs}/read`]];
const write: Permission = [[`${blobs}/write`]];
const writeOrAdd: Permission = [[`${blobs}/write`], [`${blobs}/add/action`]];
const ofContainer = (right: string): Permission => [[`${containers}/${right}`]];

type OperationTable = Record<string, [name: string, permission: Permission]>;

const onService: OperationTable = {
  "GET comp=list": ["List Containers", ofContainer("read")],
  "GET comp=properties": ["Get Blob Service Properties", [[`${service}/read`]]],
  "PUT comp=properties": ["Set Blob Service Properties", [[`${service}/write`]]],
  "GET comp=stats": ["Get Blob Service Stats", [[`${service}/read`]]],
  "POST comp=userdelegationkey": ["Get User Delegation Key", [[`${service}/generateUserDelegationKey/action`]]],
};

const onContainer: OperationTable = {
  PUT: ["Create Container", ofContainer("write")],
  GET: ["Get Container Properties", ofContainer("read")],
  HEAD: ["Get Container Properties", ofContainer("read")],
  DELETE: ["Delete Container", ofContainer("delete")],
  "GET comp=metadata": ["Get Container Metadata", ofContainer("read")],
  "HEAD comp=metadata": ["Get Container Metadata", ofContainer("read")],
  "PUT comp=metadata": ["Set Container Metadata", ofContainer("write")],
  "GET comp=acl": ["Get Container ACL", ofContainer("getAcl/action")],
  "HEAD comp=acl": ["Get Container ACL", ofContainer("getAcl/action")],
  "PUT comp=acl": ["Set Container ACL", ofContainer("setAcl/action")],
  "PUT comp=lease": ["Lease Container", ofContainer("write")],
  "GET comp=list": ["List Blobs", read],
};

const onBlob: OperationTable = {
  PUT: ["Put Blob", write],
  GET: ["Get Blob", read],
  HEAD: ["Get Blob Properties", read],
  DELETE: ["Delete Blob", [[`${blobs}/delete`]]],
  "PUT comp=properties": ["Set Blob Properties", write],
  "GET comp=metadata": ["Get Blob Metadata", read],
  "HEAD comp=metadata": ["Get Blob Metadata", read],
  "PUT comp=metadata": ["Set Blob Metadata", write],
  "GET comp=tags": ["Get Blob Tags", [[`${blobs}/tags/read`]]],
  "PUT comp=tags": ["Set Blob Tags", [[`${blobs}/tags/write`]]],
  "PUT comp=lease": ["Lease Blob", write],
  "PUT comp=snapshot": ["Snapshot Blob", writeOrAdd],
  "PUT comp=tier": ["Set Blob Tier", write],
  "PUT comp=block": ["Put Block", write],
  "PUT comp=blocklist": ["Put Block List", write],
  "GET comp=blocklist": ["Get Block List", read],
  "PUT comp=page": ["Put Page", write],
  "GET comp=pagelist": ["Get Page Ranges", read],
  "PUT comp=appendblock": ["Append Block", writeOrAdd],
};

/** @returns undefined for a request that is not an operation of the blob service, and for a copy, which also needs a right to its source */
export function blobOperation(request: StorageRequest): Operation | undefined {
  const [container = "", ...blob] = request.path.split("/");
  const known = request.headers["x-ms-copy-source"] ? undefined : find(request, container, blob.length > 0);
  if (!known) return undefined;
  const [name, permission] = known;
  if (!container) return { name, target: "the blob service", resource: "/blobServices/default", permission };
  return {
    name,
    target: `the container ${container}`,
    resource: `/blobServices/default/containers/${container}`,
    permission,
  };
}

function find(request: StorageRequest, container: string, isBlob: boolean): OperationTable[string] | undefined {
  const wanted = operationKey(request);
  if (!container && request.query.get("restype") === "account") {
    return ["Get Account Information", [[`${service}/getInfo/action`]]];
  }
  if (!container) return onService[wanted];
  if (isBlob) return onBlob[wanted];
  return request.query.get("restype") === "container" ? onContainer[wanted] : undefined; // otherwise the path names a blob in $root
}
