import { StartupError } from "./startup-error";

type Segment = { kind: "literal"; text: string } | { kind: "parameter" | "optional" | "rest"; name: string };
const specificity = { literal: 0, parameter: 1, optional: 2, rest: 3 };

/** A parsed route template: literals, `{name}`, `{name?}` at the end and `{*rest}` at the end. */
export interface Route {
  template: string;
  segments: Segment[];
}

/** Parses a route template. @throws StartupError for constraints and defaults (`{id:int}`, `{id=1}`), which are not supported */
export function parseRoute(template: string, functionName: string): Route {
  const segments = template
    .split("/")
    .filter(Boolean)
    .map((part) => parseSegment(part, template, functionName));
  const early = segments.slice(0, -1).find(({ kind }) => kind === "optional" || kind === "rest");
  if (early)
    throw new StartupError(
      `Function '${functionName}' has the route '${template}'. Only the last segment may be optional or {*rest}.`,
    );
  const first = segments[0];
  if (first?.kind === "literal" && ["admin", "runtime"].includes(first.text)) {
    throw new StartupError(
      `Function '${functionName}' has the route '${template}'. Routes under admin and runtime belong to the host.`,
    );
  }
  return { template, segments };
}

/** The route's parameters in an encoded URL path. Undefined when the path does not match. */
export function matchRoute(route: Route, path: string): Record<string, string> | undefined {
  const parts = path.split("/").filter(Boolean).map(decode);
  const params: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    const part = parts[index];
    if (segment.kind === "rest") {
      params[segment.name] = parts.slice(index).join("/");
      return params;
    }
    if (segment.kind === "optional" && part === undefined) continue;
    if (part === undefined) return undefined;
    if (segment.kind !== "literal") params[segment.name] = part;
    else if (segment.text !== part.toLowerCase()) return undefined;
  }
  return parts.length <= route.segments.length ? params : undefined;
}

/** Orders routes like the real router: the more specific route comes first. */
export function compareRoutes(a: Route, b: Route): number {
  for (let i = 0; i < Math.max(a.segments.length, b.segments.length); i++) {
    const [left, right] = [a.segments[i], b.segments[i]];
    const difference = (left ? specificity[left.kind] : -1) - (right ? specificity[right.kind] : -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parseSegment(part: string, template: string, functionName: string): Segment {
  if (!/[{}]/.test(part)) return { kind: "literal", text: part.toLowerCase() };
  const match = /^\{(\*{0,2})([A-Za-z_]\w*)(\??)\}$/.exec(part);
  const [, star, name, question] = match ?? [];
  if (!name || (star && question)) {
    throw new StartupError(
      `Function '${functionName}' has the route '${template}'. This host does not support '${part}', only {name}, {name?} and {*name}.`,
    );
  }
  return { kind: star ? "rest" : question ? "optional" : "parameter", name };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
