/** Makes queues and tables the way Azure Resource Manager does behind its own interface: with a token of its own. */
export class DataPlane {
  constructor(private readonly token: () => Promise<string>) {}

  async createQueue(endpoint: string, name: string): Promise<void> {
    await this.request(`${endpoint}${name}`, "PUT", { "x-ms-version": "2024-11-04" });
  }

  async createTable(endpoint: string, name: string): Promise<void> {
    const headers = { "x-ms-version": "2019-02-02", "content-type": "application/json", accept: "application/json" };
    await this.request(`${endpoint}Tables`, "POST", headers, JSON.stringify({ TableName: name }));
  }

  private async request(url: string, method: string, headers: Record<string, string>, body?: string): Promise<void> {
    const authorization = `Bearer ${await this.token()}`;
    const dated = { ...headers, authorization, "x-ms-date": new Date().toUTCString() };
    const response = await fetch(url, { method, headers: dated, body });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  }
}
