import { readFile } from "node:fs/promises";
import path from "node:path";
import { zipSync } from "fflate";
import { CommandError } from "./errors";
import { languageFiles, readManifest, type TeamsAppValues, type TeamsManifest } from "./teams-manifest";

/** The folder with the manifest and the icons of the Teams app. */
export const teamsFolder = path.resolve(__dirname, "../teams");

export interface TeamsApp {
  manifest: TeamsManifest;
  /** The app package to upload. */
  zip: Uint8Array;
}

interface IconRule {
  /** Width and height in pixels. */
  size?: number;
  /** Whether the icon needs transparent pixels. */
  isTransparent?: boolean;
}

/** Teams' rules by kind of icon: learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package#app-icons */
const iconRules: Record<string, IconRule> = {
  color: { size: 192 },
  outline: { size: 32, isTransparent: true },
  color32x32: { size: 32, isTransparent: true },
};

/** Packs the manifest of a folder with its icons and languages. @throws CommandError that names the file and its problem */
export async function packTeamsApp(values: TeamsAppValues, folder = teamsFolder): Promise<TeamsApp> {
  const file = path.join(folder, "manifest.json");
  const manifest = readManifest((await read(file)).toString(), values, file);
  const files: Record<string, Uint8Array> = { "manifest.json": Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) };
  for (const [kind, name] of Object.entries(manifest.icons)) {
    const content = await read(path.join(folder, name));
    checkIcon(content, path.join(folder, name), iconRules[kind] ?? {});
    files[name] = content;
  }
  for (const name of languageFiles(manifest)) files[name] = await read(path.join(folder, name));
  return { manifest, zip: zipSync(files) };
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new CommandError(`The file ${file} is missing.`);
    throw error;
  }
}

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");
/** PNG's colour types with an alpha channel: w3.org/TR/png-3/#11IHDR */
const withAlpha = [4, 6];

function checkIcon(content: Buffer, file: string, { size, isTransparent }: IconRule): void {
  const isPng = content.subarray(0, 8).equals(pngSignature) && content.toString("latin1", 12, 16) === "IHDR";
  if (content.length < 33 || !isPng)
    throw new CommandError(`${file} is not a PNG image. Teams takes icons as PNG only.`);
  const [width, height] = [content.readUInt32BE(16), content.readUInt32BE(20)];
  if (size !== undefined && (width !== size || height !== size))
    throw new CommandError(`${file} has ${width} x ${height} pixels. Teams wants ${size} x ${size} for this icon.`);
  if (isTransparent && !withAlpha.includes(content.readUInt8(25)) && !content.includes("tRNS"))
    throw new CommandError(`${file} has no transparency. Teams wants this icon on a transparent background.`);
}
