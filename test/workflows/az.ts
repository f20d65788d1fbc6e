/**
 * The Azure CLI as far as the workflows use it, on the local cloud. Anything else it refuses.
 * AZ_ON_LOCAL_CLOUD: JSON of `AzOnLocalCloud`. Shapes: what `az … --output json` prints.
 */
import { trust } from "../../local/trust";

export interface AzOnLocalCloud {
  /** Azure Resource Manager. */
  arm: string;
  /** Its CA, in PEM. */
  ca: string;
  token: string;
  subscription: string;
  /** Whether this identity has the right to purge vaults. */
  mayPurge: boolean;
}

type Item = { id: string; name: string; tags?: Record<string, string>; [property: string]: unknown };

const cloud: AzOnLocalCloud = JSON.parse(process.env.AZ_ON_LOCAL_CLOUD ?? "{}");
const subscription = `/subscriptions/${cloud.subscription}`;
const vaults = `${subscription}/providers/Microsoft.KeyVault`;

/** By the command's form, a `*` for each value. */
const commands: Record<string, (...values: string[]) => Promise<unknown>> = {
  "group list --tag * --output json": async (tag) => (await groups()).filter(({ tags }) => tagged(tags, tag)),
  "group delete --name * --yes": (name) => arm("DELETE", `${subscription}/resourceGroups/${name}`),
  "keyvault list-deleted --resource-type vault --output json": deletedVaults,
  "keyvault purge --name * --location *": async (name, location) => {
    if (!cloud.mayPurge)
      throw new Error("(AuthorizationFailed) … 'Microsoft.KeyVault/locations/deletedVaults/purge/action'");
    await arm("POST", `${vaults}/locations/${location}/deletedVaults/${name}/purge`);
  },
};

async function groups(): Promise<Item[]> {
  const all = await arm<{ value: Item[] }>("GET", `${subscription}/resources`);
  return all.value.filter(({ id }) => /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/i.test(id));
}

async function deletedVaults(): Promise<unknown> {
  const all = await arm<{ value: Item[] }>("GET", `${vaults}/deletedVaults`);
  return all.value.map(({ name, ...properties }) => ({ name, type: "Microsoft.KeyVault/deletedVaults", properties }));
}

function tagged(tags: Record<string, string> | undefined, tag = ""): boolean {
  const [name = "", value] = tag.split("=");
  return tags?.[name] === value;
}

async function arm<T>(method: string, path: string): Promise<T> {
  const headers = { authorization: `Bearer ${cloud.token}` };
  const answer = await fetch(`${cloud.arm}${path}?api-version=2025-01-01`, { method, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

async function main(args: string[]): Promise<void> {
  for (const [form, command] of Object.entries(commands)) {
    const words = form.split(" ");
    if (words.length !== args.length || !words.every((word, i) => word === "*" || word === args[i])) continue;
    const result = await command(...args.filter((_, i) => words[i] === "*"));
    if (form.endsWith("--output json")) process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  throw new Error(`This az knows no such command: az ${args.join(" ")}`);
}

trust(cloud.ca);
main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`ERROR: ${error.message}\n`);
  process.exitCode = 1;
});
