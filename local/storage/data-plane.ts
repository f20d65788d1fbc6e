import type { StorageService } from "./azurite";

const queueHeaders = { "x-ms-version": "2024-11-04" };
const tableHeaders = { "x-ms-version": "2019-02-02", accept: "application/json;odata=nometadata" };

/** Creates and deletes queues and tables of a storage account with a token of its own, as Azure Resource Manager does. */
export class DataPlane {
  constructor(private readonly token: () => Promise<string>) {}

  async createQueue(endpoint: string, name: string): Promise<void> {
    await this.request(`${endpoint}${name}`, "PUT", queueHeaders);
  }

  async hasQueue(endpoint: string, name: string): Promise<boolean> {
    return (await this.request(`${endpoint}${name}?comp=metadata`, "GET", queueHeaders)).status !== 404;
  }

  async deleteQueue(endpoint: string, name: string): Promise<void> {
    await this.request(`${endpoint}${name}`, "DELETE", queueHeaders);
  }

  async createTable(endpoint: string, name: string): Promise<void> {
    const headers = { ...tableHeaders, "content-type": "application/json" };
    await this.request(`${endpoint}Tables`, "POST", headers, JSON.stringify({ TableName: name }));
  }

  async hasTable(endpoint: string, name: string): Promise<boolean> {
    return (await this.tableNames(endpoint)).some((table) => table.toLowerCase() === name.toLowerCase());
  }

  async deleteTable(endpoint: string, name: string): Promise<void> {
    await this.request(`${endpoint}Tables('${name}')`, "DELETE", tableHeaders);
  }

  /** Deletes all queues, tables and containers of an account. */
  async empty(endpoint: (service: StorageService) => string): Promise<void> {
    const [queue, table, blob] = [endpoint("queue"), endpoint("table"), endpoint("blob")];
    for (const name of await this.tableNames(table)) await this.deleteTable(table, name);
    for (const name of await this.names(queue)) await this.deleteQueue(queue, name);
    for (const name of await this.names(blob)) {
      await this.request(`${blob}${name}?restype=container`, "DELETE", queueHeaders);
    }
  }

  private async tableNames(endpoint: string): Promise<string[]> {
    const { text } = await this.request(`${endpoint}Tables`, "GET", tableHeaders);
    const { value } = JSON.parse(text) as { value: { TableName: string }[] };
    return value.map(({ TableName }) => TableName);
  }

  /** Names of the queues or containers: only the first page, at most 5,000. */
  private async names(endpoint: string): Promise<string[]> {
    const { text } = await this.request(`${endpoint}?comp=list`, "GET", queueHeaders);
    return [...text.matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name = ""]) => name);
  }

  /** Status 404 is a valid answer to GET and DELETE. @throws Error for every other failure */
  private async request(url: string, method: string, headers: Record<string, string>, body?: string) {
    const authorization = `Bearer ${await this.token()}`;
    const dated = { ...headers, authorization, "x-ms-date": new Date().toUTCString() };
    const response = await fetch(url, { method, headers: dated, body });
    const text = await response.text();
    const isExpected = response.ok || (response.status === 404 && (method === "GET" || method === "DELETE"));
    if (!isExpected) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
    return { status: response.status, text };
  }
}
