import type { CloudDescription } from "./running-cloud";

/** A resource as the local cloud's Azure Resource Manager shows it: properties beside the name, as azure-native has them. */
export interface ArmResource {
  id: string;
  name: string;
  [property: string]: unknown;
}

/** The operator, who changes by hand what a stack has made. */
export class ArmHand {
  private constructor(
    private readonly arm: string,
    private readonly token: string,
    private readonly subscription: string,
  ) {}

  static async of({ arm, identity }: Pick<CloudDescription, "arm" | "identity">): Promise<ArmHand> {
    const query = new URLSearchParams({
      "api-version": "2019-08-01",
      resource: "https://management.azure.com",
      client_id: identity.operatorClientId,
    });
    const headers = { "x-identity-header": identity.header };
    const answer = await fetch(`${identity.endpoint}?${query}`, { headers });
    const { access_token } = (await answer.json()) as { access_token: string };
    const { value } = await request<{ value: { subscriptionId: string }[] }>(
      "GET",
      `${arm}/subscriptions`,
      access_token,
    );
    return new ArmHand(arm, access_token, `/subscriptions/${value[0]?.subscriptionId}`);
  }

  /** Everything there is. */
  async resources(): Promise<ArmResource[]> {
    return (await this.ask<{ value: ArmResource[] }>("GET", `${this.subscription}/resources`)).value;
  }

  /** Vaults that can still be brought back, and whose names are taken. */
  async deletedVaults(): Promise<{ name: string }[]> {
    const vaults = `${this.subscription}/providers/Microsoft.KeyVault/deletedVaults`;
    return (await this.ask<{ value: { name: string }[] }>("GET", vaults)).value;
  }

  /** The one resource whose id ends so, such as `/queues/bot-queue`. @throws Error when there is none, or several */
  async find(end: string | RegExp): Promise<ArmResource> {
    const all = await this.resources();
    const found = all.filter(({ id }) => (typeof end === "string" ? id.endsWith(end) : end.test(id)));
    const [one, ...others] = found;
    if (!one || others.length)
      throw new Error(`${found.length} resources end with ${end}: ${all.map(({ id }) => id).join("\n")}`);
    return one;
  }

  async patch(id: string, change: unknown): Promise<void> {
    await this.ask("PATCH", id, change);
  }

  async delete(id: string): Promise<void> {
    await this.ask("DELETE", id);
  }

  private ask<T>(method: string, id: string, body?: unknown): Promise<T> {
    return request(method, `${this.arm}${id}?api-version=2025-01-01`, this.token, body);
  }
}

async function request<T>(method: string, url: string, token: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}
