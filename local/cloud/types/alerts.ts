import { isDeepStrictEqual } from "node:util";
import { ArmError } from "../arm-error";
import { notSupported } from "../declared-only";
import { suffixed } from "../names";
import { type CheckFailure, type Properties, resourceType } from "../resource-type";
import { checkReferences } from "./monitoring";
import { inGroup } from "./resource-group";

/** The names of both: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftinsights */
const name = /^(?=.{1,260}$)[^#<>%&:\\?/{}*+|]*[^#<>%&:\\?/{}*+| .]$/;

interface ActionGroupInputs {
  location?: string;
  groupShortName: string;
  emailReceivers?: Properties[];
}

/** The receivers of an alert. Here no alert ever fires. */
export const actionGroup = resourceType<ActionGroupInputs>({
  id: `${inGroup}/Microsoft.Insights/actionGroups/{actionGroupName}`,
  name,
  autoname: suffixed,
  inputs: ["resourceGroupName", "actionGroupName", "location", "tags", "groupShortName", "enabled", "emailReceivers"],
  required: ["groupShortName", "enabled"],
  replaces: ["location"],
  check: ({ location, groupShortName, emailReceivers = [] }) => [
    ...only("location", location, /^global$/i, "an action group"),
    ...checkShortName(groupShortName),
    ...emailReceivers.flatMap((receiver, index) =>
      foreignMembers(receiver, receiverMembers, `emailReceivers[${index}]`, "an e-mail receiver's"),
    ),
  ],
});

const receiverMembers = ["name", "emailAddress", "useCommonAlertSchema"];

function checkShortName(groupShortName = ""): CheckFailure[] {
  if (groupShortName.length <= 12) return [];
  return [{ property: "groupShortName", reason: `the short name ${groupShortName} has more than 12 characters` }];
}

interface RuleInputs {
  kind?: string;
  scopes: string[];
  severity: number;
  evaluationFrequency: string;
  windowSize: string;
  criteria: { allOf: Properties[] };
  actions?: { actionGroups?: string[] };
}

/** A query that Azure runs again and again. It does not run here; the lines that it looks for are in the log of `npm start`. */
export const scheduledQueryRule = resourceType<RuleInputs>({
  id: `${inGroup}/Microsoft.Insights/scheduledQueryRules/{ruleName}`,
  name,
  autoname: suffixed,
  inputs: [
    "resourceGroupName",
    "ruleName",
    "location",
    "tags",
    "kind",
    "displayName",
    "description",
    "enabled",
    "severity",
    "scopes",
    "criteria",
    "evaluationFrequency",
    "windowSize",
    "autoMitigate",
    "skipQueryValidation",
    "actions",
  ],
  required: ["enabled", "severity", "scopes", "criteria.allOf", "evaluationFrequency", "windowSize"],
  replaces: ["location"],
  check: (inputs) => [
    ...only("kind", inputs.kind, /^LogAlert$/, "a rule"),
    ...only("severity", inputs.severity, /^[0-4]$/, "a rule"),
    ...checkTimes(inputs),
    ...(inputs.criteria?.allOf ?? []).flatMap((condition, index) =>
      checkCondition(condition, `criteria.allOf[${index}]`),
    ),
  ],
  create(making) {
    const { scopes, actions } = making.inputs;
    if (scopes.length !== 1) throw new ArmError("BadRequest", "A rule has exactly one scope");
    checkReferences(making, {
      ...indexed("scopes", scopes),
      ...indexed("actions.actionGroups", actions?.actionGroups),
    });
    return {};
  },
  /** Though azure-native tries: github.com/pulumi/pulumi-azure-native/issues/4839 */
  update(changing) {
    const {
      inputs: { scopes, actions },
      olds,
    } = changing;
    if (!isDeepStrictEqual(scopes, olds.scopes)) throw new ArmError("BadRequest", "Scope can not be updated");
    checkReferences(changing, indexed("actions.actionGroups", actions?.actionGroups));
    return {};
  },
});

/** A list's members by their paths, such as `scopes[0]`. */
function indexed(property: string, values: string[] = []): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`${property}[${index}]`, value]));
}

const conditionMembers = ["query", "timeAggregation", "operator", "threshold", "failingPeriods"];

/** Minutes of the durations that Azure takes, by the documentation of azurerm_monitor_scheduled_query_rules_alert_v2. */
const durations: Record<string, number> = {
  PT1M: 1,
  PT5M: 5,
  PT10M: 10,
  PT15M: 15,
  PT30M: 30,
  PT45M: 45,
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((hours) => [`PT${hours}H`, hours * 60])),
  P1D: 24 * 60,
};

function checkTimes({ evaluationFrequency, windowSize }: Partial<RuleInputs>): CheckFailure[] {
  const times = Object.entries({ evaluationFrequency, windowSize });
  const wrong = times.flatMap(([property, time]) =>
    time === undefined || durations[time] ? [] : [{ property, reason: `${property} cannot be ${time}` }],
  );
  if (wrong.length || !evaluationFrequency || !windowSize) return wrong;
  const [often = 0, window = 0] = [durations[evaluationFrequency], durations[windowSize]];
  if (often <= window) return [];
  return [{ property: "evaluationFrequency", reason: "evaluationFrequency cannot be greater than windowSize" }];
}

function checkCondition(condition: Properties, at: string): CheckFailure[] {
  return [
    ...foreignMembers(condition, conditionMembers, at, "a condition's"),
    ...only(`${at}.timeAggregation`, condition.timeAggregation, /^Count$/, "a condition"),
    ...only(`${at}.operator`, condition.operator, /^(Equals|(Greater|Less)Than(OrEqual)?)$/, "a condition"),
  ];
}

/** @param whose such as "a condition" */
function only(property: string, value: unknown, allowed: RegExp, whose: string): CheckFailure[] {
  if (value === undefined || allowed.test(String(value))) return [];
  return [notSupported(property, `${whose} with ${property.split(".").at(-1)} ${value}`)];
}

/** @param whose such as "a condition's" */
function foreignMembers(value: Properties, members: string[], at: string, whose: string): CheckFailure[] {
  const strangers = Object.keys(value).filter((key) => !members.includes(key));
  return strangers.map((key) => notSupported(`${at}.${key}`, `${whose} ${key}`));
}
