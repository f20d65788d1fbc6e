import { randomUUID } from "node:crypto";
import { ArmError } from "../arm-error";
import { NotSupportedError, notSupported } from "../declared-only";
import type { LocalCloud } from "../local-cloud";
import { suffixed } from "../names";
import { type CheckFailure, type Making, type Properties, resourceType } from "../resource-type";
import { upsertChannel } from "./bot-service";
import { inGroup } from "./resource-group";

/** A resource in a template. */
export interface TemplateResource {
  type: string;
  apiVersion: string;
  /** All parts of its name, such as `bot/DirectLineChannel`. */
  name: string;
  properties?: Properties;
}

interface Template {
  resources?: TemplateResource[];
}

interface DeploymentInputs {
  resourceGroupName: string;
  properties: { mode?: string; template?: Template };
}

/** Makes or changes a resource. @throws ArmError */
type Upsert = (cloud: LocalCloud, resource: TemplateResource) => void;

/** Resources that a template may have here, by ARM type. */
const upserts: Record<string, Upsert> = { "Microsoft.BotService/botServices/channels": upsertChannel };

const supported = {
  properties: ["mode", "template"],
  template: ["$schema", "contentVersion", "resources"],
  resource: ["type", "apiVersion", "name", "location", "kind", "tags", "properties"],
};

/**
 * A template that Azure Resource Manager runs: each of its resources is made, or changed where it exists. Only the record of the
 * run can be deleted, read or refreshed. `location` is refused for a resource group's deployment, as Azure does:
 * github.com/pulumi/pulumi-azure-native/issues/643
 */
export const deployment = resourceType<DeploymentInputs>({
  id: `${inGroup}/Microsoft.Resources/deployments/{deploymentName}`,
  name: /^[-\w.()]{1,64}$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "deploymentName", "tags", "properties"],
  required: ["properties.mode", "properties.template"],
  check: ({ properties }) => [...checkProperties(properties), ...checkTemplate(properties?.template)],
  create: deploy,
  update: deploy,
});

/** Without the template, which Azure does not return. */
function deploy(making: Making<DeploymentInputs>): Properties {
  const { inputs, id } = making;
  const { mode, template: { resources = [] } = {} } = inputs.properties;
  for (const resource of resources) upsert(making, resource);
  const group = id.replace(/\/Microsoft\.Resources\/deployments\/.*$/, "");
  const outputResources = resources.map((resource) => ({ id: `${group}/${pathOf(resource)}` }));
  const run = { correlationId: randomUUID(), timestamp: new Date().toISOString(), duration: "PT1S" };
  return { properties: { mode, provisioningState: "Succeeded", outputResources, ...run } };
}

function upsert({ cloud, declaredOnly }: Making<DeploymentInputs>, resource: TemplateResource): void {
  const missing = (["type", "apiVersion", "name"] as const).find((key) => !resource[key]);
  if (missing) throw new ArmError("InvalidTemplate", `a resource of the template has no ${missing}`);
  if (hasExpression(resource)) return; // declared only
  try {
    upserts[resource.type]?.(cloud, resource);
  } catch (error) {
    const message = "At least one resource deployment operation failed.";
    const failure = new ArmError("DeploymentFailed", `${message} ${(error as Error).message}`);
    if (!(error instanceof NotSupportedError)) throw failure;
    declaredOnly(`properties.template's ${resource.name}`, failure);
  }
}

/** `Microsoft.BotService/botServices/<bot>/channels/<channel>` */
function pathOf({ type, name }: TemplateResource): string {
  const [namespace, ...types] = type.split("/");
  const names = name.split("/");
  return [namespace, ...types.flatMap((part, index) => [part, names[index]])].join("/");
}

function checkProperties(properties: Properties = {}): CheckFailure[] {
  const { mode } = properties;
  return [
    ...strangers(properties, supported.properties, "properties", "a deployment's"),
    ...(mode && mode !== "Incremental" ? [notSupported("properties.mode", `the deployment mode ${mode}`)] : []),
  ];
}

function checkTemplate(template: Template = {}): CheckFailure[] {
  const place = "properties.template";
  return [
    ...strangers(template, supported.template, place, "a template's"),
    ...(template.resources ?? []).flatMap((one, index) => checkResource(one, `${place}.resources[${index}]`)),
  ];
}

function checkResource(resource: TemplateResource, place: string): CheckFailure[] {
  const { type } = resource;
  return [
    ...strangers(resource, supported.resource, place, "a template resource's"),
    ...(type && !upserts[type] ? [notSupported(`${place}.type`, `${type} in a template`)] : []),
    ...(hasExpression(resource) ? [notSupported(place, "expressions in a template ([…])")] : []),
  ];
}

function strangers(value: object, members: string[], place: string, whose: string): CheckFailure[] {
  const found = Object.keys(value).filter((key) => !members.includes(key));
  return found.map((key) => notSupported(`${place}.${key}`, `${whose} ${key}`));
}

/** learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions */
function hasExpression(value: unknown): boolean {
  if (typeof value === "string") return /^\[(?!\[).*\]$/s.test(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasExpression);
}
