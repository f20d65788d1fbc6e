import { setTimeout as sleep } from "node:timers/promises";
import { ArmError } from "./arm-error";
import { armId, armType, holders, idInputs, nameInput } from "./arm-id";
import { checkInputs } from "./check";
import { NotSupportedError } from "./declared-only";
import { diffInputs, type InputDiff } from "./diff";
import { invokes } from "./invokes";
import type { LocalCloud } from "./local-cloud";
import { suffixed } from "./names";
import { ownIdentity } from "./own-identity";
import { readableInputs } from "./readable-inputs";
import type { ResourceRecord } from "./resource-records";
import type { CheckFailure, Found, Making, Properties, ResourceType } from "./resource-type";
import { resourceTypes } from "./resource-types";
import { unknown } from "./unknown";
import { untyped } from "./untyped";

export type { CheckFailure } from "./resource-type";

/** How long a write to a part of a site takes at least. */
const writeMilliseconds = 50;

export interface Realised {
  id: string;
  outputs: Properties;
}

/** A resource that exists. */
export interface Existing extends Realised {
  token: string;
  inputs: Properties;
}

/** Azure Resource Manager: makes what a program declares, keeps it and answers what it asks, by Pulumi's tokens. */
export class ResourceManager {
  constructor(private readonly cloud: LocalCloud) {}

  /** All that exists, in the order in which it was made, as Azure Resource Manager knows it: `read` asks the resource itself. */
  get all(): Existing[] {
    return this.cloud.resources.all.map((record) => existing(record));
  }

  /** Vaults that can be recovered or purged; their names are taken until then. */
  get deletedVaults() {
    return this.cloud.deletedVaults.all;
  }

  /** Makes a deleted vault's name free. @throws ArmError where no deleted vault has that name */
  async purge(vaultName: string): Promise<void> {
    if (this.cloud.deletedVaults.purge(vaultName)) return;
    throw new ArmError("DeletedVaultNotFound", `there is no deleted vault ${vaultName}`);
  }

  /** Completes a program's inputs with name and location, and lists their faults. @throws NotSupportedError */
  check(
    token: string,
    logicalName: string,
    news: Properties,
    olds: Properties = {},
  ): { inputs: Properties; failures: CheckFailure[] } {
    const { declaredOnly } = this.cloud;
    if (!(token in resourceTypes)) {
      declaredOnly.accept(`${token} "${logicalName}"`, new NotSupportedError(`resources of type ${token}`));
    }
    const type = typeOf(token, present(news));
    const inputs = { ...present(news), ...this.defaults(type, logicalName, present(news), olds) };
    const failures = checkInputs(token, type, inputs, this.cloud);
    if (!declaredOnly.isAccepted) return { inputs, failures };
    const unsupported = failures.filter((failure) => failure.notSupported);
    for (const { property, reason } of unsupported) {
      declaredOnly.accept(`${token} "${logicalName}": ${property}`, new Error(reason));
    }
    return { inputs, failures: failures.filter((failure) => !failure.notSupported) };
  }

  /** The meaning of other inputs; both are as `check` gave them. */
  diff(token: string, olds: Properties, news: Properties): InputDiff {
    return diffInputs(typeOf(token, { ...olds, ...news }), olds, news);
  }

  /** @throws NotSupportedError, ArmError, or another reason why the resource cannot be made */
  async create(token: string, logicalName: string, news: Properties): Promise<Realised> {
    const inputs = this.checked(token, logicalName, news);
    const type = typeOf(token, inputs);
    const name = nameOf(type, logicalName, inputs);
    return this.alone(type, inputs, () => this.make(type, token, logicalName, inputs, name));
  }

  private async make(type: ResourceType, token: string, logicalName: string, inputs: Properties, name: string) {
    const { cloud } = this;
    const isKnown = token in resourceTypes;
    const wanted = armId(type.id, {
      subscriptionId: cloud.subscriptionId,
      ...inputs,
      [nameInput(type.id) ?? ""]: name,
    });
    const id = isKnown ? wanted : this.unused(wanted);
    const release = cloud.resources.claim(id);
    try {
      cloud.resourceProviders.require(type.id);
      const making = { cloud, inputs, id, name, logicalName, declaredOnly: this.acceptance(token, logicalName) };
      await this.refuseExisting(type, making);
      if (isKnown) this.checkPlace(making);
      const computed = { ...ownIdentity(cloud, inputs, name), ...(await type.create?.(making)) };
      const record = { token, id, name, logicalName, inputs, computed };
      cloud.resources.put(record);
      return realised(record);
    } finally {
      release();
    }
  }

  /** As `read`, without the inputs that Azure never returns, except where the reader's own have them already. */
  async readFor(id: string, known: Properties): Promise<(Realised & { inputs: Properties }) | undefined> {
    const live = await this.read(id);
    return live && { ...live, inputs: readableInputs(typeOf(live.token, live.inputs), live.inputs, known) };
  }

  /**
   * A resource that a program reads or imports by its id: as it is, or as the program describes it where this cloud has not made it.
   * @throws NotSupportedError
   */
  async adopt(token: string, logicalName: string, id: string, described: Properties): Promise<Realised> {
    const found = await this.read(id);
    if (found) return found;
    const refusal = new NotSupportedError(`the resource ${id}, which this program did not make`);
    this.cloud.declaredOnly.accept(`${token} "${logicalName}"`, refusal);
    return { id, outputs: described };
  }

  /** The present state of a resource, also after changes by others; undefined when it is gone. */
  async read(id: string): Promise<Existing | undefined> {
    const record = this.cloud.resources.get(id);
    if (!record) return undefined;
    const found = await this.find(record);
    if (!found) {
      for (const { id } of this.cloud.resources.within(record.id)) this.cloud.resources.remove(id);
      this.cloud.resources.remove(record.id);
      return undefined;
    }
    return existing(record, found);
  }

  /** @throws NotSupportedError, ArmError, or another reason why Azure refuses it */
  async update(token: string, id: string, news: Properties): Promise<Realised> {
    const { cloud } = this;
    const current = await this.read(id);
    const record = cloud.resources.get(id);
    if (!current || !record) throw new ArmError("ResourceNotFound", `the resource ${id} does not exist`);
    const type = typeOf(token, { ...record.inputs, ...news });
    const inputs = this.checked(token, record.logicalName, { ...nameAsInput(type, record.name), ...news });
    const [fixed] = diffInputs(type, record.inputs, inputs).replaces;
    if (fixed) throw new ArmError("PropertyChangeNotAllowed", `changing ${fixed} of ${id} is not allowed`);
    const computed = await this.alone(type, inputs, () =>
      type.update?.({
        ...record,
        cloud,
        inputs,
        olds: current.inputs,
        declaredOnly: this.acceptance(token, record.logicalName),
      }),
    );
    const { identity, ...kept } = record.computed;
    const ofIdentity = ownIdentity(cloud, inputs, record.name, { identity });
    const changed = { ...record, inputs, computed: { ...kept, ...ofIdentity, ...computed } };
    cloud.resources.put(changed);
    return realised(changed);
  }

  /** Deletes a resource with all that is part of it or attached to it. A resource that is gone already is no error. @throws the reason why Azure refuses it */
  async delete(id: string): Promise<void> {
    const { cloud } = this;
    const record = cloud.resources.get(id);
    if (!record) return;
    const reason = typeOf(record.token, record.inputs).held?.({ ...record, cloud });
    if (reason) throw new ArmError("Conflict", reason);
    for (const part of cloud.resources.within(record.id)) await this.remove(part, true);
    await this.remove(record, false);
  }

  /** Answers a function. @throws NotSupportedError, or the reason for no answer */
  async invoke(token: string, args: Properties): Promise<Properties> {
    const answer = invokes[token];
    if (answer) return answer(this.cloud, args as Record<string, string>);
    const found = this.lookUp(token, args);
    if (found) return { id: found.id, ...found.outputs };
    this.cloud.declaredOnly.accept(`the function ${token}`, new NotSupportedError(`the function ${token}`));
    return args;
  }

  /** The resource that a function such as `azure-native:cache:getRedis` asks for, by all of its arguments. */
  private lookUp(token: string, args: Properties): Existing | undefined {
    const type = token.replace(/:get(\w+)$/, ":$1");
    const isMeant = ([key, value]: [string, unknown], { inputs, outputs }: Existing) =>
      inputs[key] === value || (key.endsWith("Name") && outputs.name === value);
    return this.all.find((one) => one.token === type && Object.entries(args).every((arg) => isMeant(arg, one)));
  }

  /** For a resource that has an input without a body. */
  private acceptance(token: string, logicalName: string): Making<Properties>["declaredOnly"] {
    return (property, refusal) => this.cloud.declaredOnly.accept(`${token} "${logicalName}": ${property}`, refusal);
  }

  private async remove(record: ResourceRecord, withParent: boolean): Promise<void> {
    const type = typeOf(record.token, record.inputs);
    const work = () => type.delete?.({ ...record, cloud: this.cloud, withParent });
    await (withParent ? work() : this.alone(type, record.inputs, work));
    this.cloud.resources.remove(record.id);
  }

  /** @throws ArmError while another write to the same site is under way */
  private async alone<T>(
    { id, oneWriteAtATime }: ResourceType,
    inputs: Properties,
    work: () => Promise<T> | T,
  ): Promise<T> {
    const named =
      oneWriteAtATime && idInputs(oneWriteAtATime).every((input) => input === "subscriptionId" || inputs[input]);
    if (!named) return work();
    const release = this.cloud.resources.claimWrite(
      armId(oneWriteAtATime, { subscriptionId: this.cloud.subscriptionId, ...inputs }),
    );
    try {
      // Two requests that are sent together meet, as they would in Azure, where each takes seconds.
      if (id !== oneWriteAtATime) await sleep(writeMilliseconds);
      return await work();
    } finally {
      release();
    }
  }

  private async find(record: ResourceRecord): Promise<Found | undefined> {
    const { read } = typeOf(record.token, record.inputs);
    return read ? read({ ...record, cloud: this.cloud }) : {};
  }

  private checked(token: string, logicalName: string, news: Properties): Properties {
    const { inputs, failures } = this.check(token, logicalName, news);
    if (failures.length) throw new Error(failures.map(({ reason }) => reason).join(" "));
    return inputs;
  }

  private defaults(type: ResourceType, logicalName: string, news: Properties, olds: Properties): Properties {
    const key = nameInput(type.id) ?? "";
    const name = olds[key] ?? type.autoname?.(logicalName);
    const location = olds.location ?? this.locationOfGroup(news.resourceGroupName);
    const wants = (input: string) => type.inputs.includes(input) && news[input] === undefined;
    return { ...(wants(key) && name ? { [key]: name } : {}), ...(wants("location") && location ? { location } : {}) };
  }

  private locationOfGroup(name: unknown): unknown {
    if (typeof name !== "string" || name === unknown) return undefined;
    const { subscriptionId, resources } = this.cloud;
    return resources.get(`/subscriptions/${subscriptionId}/resourceGroups/${name}`)?.inputs.location;
  }

  /** The id of an unknown type says nothing of what the resource is part of: another one may have the same name there. */
  private unused(id: string): string {
    return this.cloud.exists(id) ? suffixed(`${id}-`) : id;
  }

  /** azure-native asks first, whatever its own state says. */
  private async refuseExisting(type: ResourceType, making: Making<Properties>) {
    if (type.singleton) return;
    const found = (await this.read(making.id)) ?? (this.isPart(making.id) && (await type.read?.(making)));
    if (found) throw new ArmError("Conflict", `cannot create already existing resource '${making.id}'`);
  }

  /** Only what is part of a resource can others make behind Azure Resource Manager. */
  private isPart(id: string): boolean {
    const [, resource] = holders(id);
    return resource !== undefined && this.cloud.exists(resource);
  }

  /** Nothing is made in a resource that does not exist. Others than the program may have made it. @throws ArmError */
  private checkPlace({ id, declaredOnly }: Making<Properties>): void {
    const missing = holders(id).find((holder) => !this.cloud.exists(holder));
    if (missing) declaredOnly(`in ${missing}`, new ArmError("ResourceNotFound", `${missing} does not exist`));
  }
}

function typeOf(token: string, inputs: Properties): ResourceType {
  return resourceTypes[token] ?? untyped(token, inputs);
}

/** Inputs that are null are not given. */
function present(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined && value !== null));
}

/** A resource without a name of its own is called what ARM calls it: the last part of its id. */
function nameOf(type: ResourceType, logicalName: string, inputs: Properties): string {
  const key = nameInput(type.id);
  if (!key) return type.id.slice(type.id.lastIndexOf("/") + 1);
  return String(inputs[key] ?? type.autoname?.(logicalName));
}

function nameAsInput({ id, inputs }: ResourceType, name: string): Properties {
  const key = nameInput(id) ?? "";
  return inputs.includes(key) ? { [key]: name } : {};
}

function realised({ token, id, name, inputs, computed }: ResourceRecord): Realised {
  const template = typeOf(token, inputs).id;
  const ofId = idInputs(template);
  const body = Object.fromEntries(Object.entries(inputs).filter(([key]) => !ofId.includes(key)));
  const type = armType(template);
  return { id, outputs: { ...body, name, ...(type && { type }), ...computed } };
}

function existing(record: ResourceRecord, found: Found = {}): Existing {
  const { token, inputs, computed } = record;
  const now = { ...inputs, ...found.inputs };
  return { token, inputs: now, ...realised({ ...record, inputs: now, computed: { ...computed, ...found.outputs } }) };
}
