import type { Config } from "./config";

/** The limits of an App Service plan of one tier: github.com/MicrosoftDocs/azure-docs/blob/main/includes/azure-websites-limits.md */
interface Tier {
  name: string;
  mostInstances: number;
  /** Whether its instances can be spread over availability zones: learn.microsoft.com/azure/reliability/reliability-app-service */
  takesZones: boolean;
}

/** The least number of instances of a zone-redundant plan (same page as `takesZones`). */
const leastForZones = 2;

type PlanSettings = Pick<Config, "appServiceSku" | "instances" | "zoneRedundant">;

/** The settings that a plan of this size does not allow, in sentences that name each setting in full and its allowed values. */
export function planProblems(
  { appServiceSku, instances, zoneRedundant }: PlanSettings,
  fullName: (setting: string) => string,
): string[] {
  const { name, mostInstances, takesZones } = tierOf(appServiceSku);
  const problems = [];
  if (instances > mostInstances) {
    const allowed = `must be at most ${mostInstances} with ${fullName("appServiceSku")} ${appServiceSku} (${name})`;
    problems.push(`${fullName("instances")} is "${instances}": ${allowed}; Basic takes 3, Standard 10 and Premium 30`);
  }
  if (zoneRedundant && !takesZones) {
    const allowed = `must be false with ${fullName("appServiceSku")} ${appServiceSku} (${name})`;
    problems.push(
      `${fullName("zoneRedundant")} is "true": ${allowed}; Premium takes it: P1v2, P0v3, P0v4 and the like`,
    );
  }
  if (zoneRedundant && takesZones && instances < leastForZones) {
    const allowed = `must be from ${leastForZones} to ${mostInstances} with ${fullName("zoneRedundant")} true`;
    problems.push(`${fullName("instances")} is "${instances}": ${allowed}`);
  }
  return problems;
}

function tierOf(sku: string): Tier {
  if (sku.startsWith("B")) return { name: "Basic", mostInstances: 3, takesZones: false };
  if (sku.startsWith("S")) return { name: "Standard", mostInstances: 10, takesZones: false };
  return { name: "Premium", mostInstances: 30, takesZones: true };
}
