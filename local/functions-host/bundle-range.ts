const version = String.raw`\d+(?:\.\d+){0,3}(?:\.\*)?(?:-[\w.-]+)?`;
const interval = new RegExp(String.raw`^([[(])\s*(${version})?\s*,\s*(${version})?\s*([\])])$`);
const exact = new RegExp(String.raw`^(?:\[\s*${version}\s*\]|${version})$`);

/** Whether a text is a NuGet version range that contains a version, such as `[4.*, 5.0.0)`. `extensionBundle.version` must be one. */
export function isBundleRange(text: string): boolean {
  if (exact.test(text.trim())) return true;
  const match = interval.exec(text.trim());
  if (!match) return false;
  const [, open, low, high, close] = match;
  if (!low && !high) return false;
  if (!low || !high) return true;
  const order = compareVersions(low, high);
  return order < 0 || (order === 0 && open === "[" && close === "]");
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [versionNumbers(a), versionNumbers(b)];
  for (let i = 0; i < 4; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function versionNumbers(text: string): number[] {
  return (text.split("-")[0] ?? "").split(".").map((part) => (part === "*" ? 0 : Number(part)));
}
