import { componentType } from "../../infra/names";

/** What `pulumi up --json` and the like print, one a line; only the parts that tests look at. */
export interface EngineEvent {
  diagnosticEvent?: { severity: string; message: string; urn?: string };
  resOutputsEvent?: { metadata: StepMetadata };
  resOpFailedEvent?: { metadata: StepMetadata };
}

interface StepMetadata {
  op: string;
  urn: string;
  type: string;
  detailedDiff?: Record<string, unknown> | null;
}

/** One thing that happens to one resource. */
export interface Step {
  /** Pulumi's word: `create`, `update`, `replace`, `delete`, `create-replacement`, `delete-replaced` … */
  op: string;
  urn: string;
  type: string;
  /** What the program calls the resource. */
  name: string;
  /** The properties that made it happen, as paths, where the provider tells. */
  properties: string[];
  failed: boolean;
}

/** What happened, in order. What stayed as it was is left out. */
export function steps(events: EngineEvent[]): Step[] {
  return events.flatMap(({ resOutputsEvent, resOpFailedEvent }) => {
    const metadata = (resOutputsEvent ?? resOpFailedEvent)?.metadata;
    return metadata && metadata.op !== "same" ? [step(metadata, resOpFailedEvent !== undefined)] : [];
  });
}

function step({ op, urn, type, detailedDiff }: StepMetadata, failed: boolean): Step {
  const name = urn.split("::").slice(3).join("::");
  return { op, urn, type, name, properties: Object.keys(detailedDiff ?? {}).sort(), failed };
}

/** `update web:WebApp <project>`, sorted: for comparisons that people can read. Component resources are left out. */
export function summary(steps: Step[]): string[] {
  return steps
    .filter(({ type }) => !isComponent(type))
    .map(({ op, type, name }) => `${op} ${short(type)} ${name}`)
    .sort();
}

function isComponent(type: string): boolean {
  return type === "pulumi:pulumi:Stack" || type.startsWith(`${componentType}:`) || type.startsWith("pulumi:providers:");
}

/** `azure-native:web:WebApp` is `web:WebApp`. */
function short(type: string): string {
  return type.split(":").slice(-2).join(":");
}
