import { Failure } from "./failure";

export interface IconRule {
  /** Width and height in pixels. */
  size?: number;
  /** The image must be able to have transparent pixels. */
  transparent?: boolean;
}

const signature = Buffer.from("89504e470d0a1a0a", "hex");
/** PNG's colour types with an alpha channel: w3.org/TR/png-3/#11IHDR */
const withAlpha = [4, 6];

/** @throws Failure that names the file, what it is, and what it must be */
export function checkIcon(content: Buffer, file: string, { size, transparent }: IconRule): void {
  if (content.length < 33 || !content.subarray(0, 8).equals(signature) || content.toString("latin1", 12, 16) !== "IHDR")
    throw new Failure(`${file} is not a PNG image. Teams takes icons as PNG only.`);
  const [width, height] = [content.readUInt32BE(16), content.readUInt32BE(20)];
  if (size !== undefined && (width !== size || height !== size))
    throw new Failure(`${file} has ${width} x ${height} pixels. Teams wants ${size} x ${size} for this icon.`);
  if (transparent && !withAlpha.includes(content.readUInt8(25)) && !content.includes("tRNS"))
    throw new Failure(`${file} has no transparency. Teams wants this icon on a transparent background.`);
}
