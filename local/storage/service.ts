/** What a storage account serves here. */
export type Service = "queue" | "table" | "blob";
