import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";

interface SourceMap {
  version: 3;
  sources: string[];
  names: string[];
  mappings: string;
}

/**
 * The part of a bundle's source map that leads to the project's own files. With the packages' part, which is twenty times as large,
 * Node needs 120 MB more and 0.2 s longer to start.
 */
export function ownSourceMap({ version, sources, names, mappings }: SourceMap): SourceMap {
  const own = sources.filter((source) => !source.includes("node_modules/"));
  const placeOf = new Map(own.map((source, place) => [sources.indexOf(source), place]));
  const ownNames = new Map<string, number>();
  let wasOwn = false;
  const reduced = (segment: SourceMapSegment): SourceMapSegment[] => {
    const [column, source = -1, line = 0, sourceColumn = 0, name] = segment;
    const place = placeOf.get(source);
    const ends = wasOwn; // code of a package after own code: the own code's mapping ends
    wasOwn = place !== undefined;
    if (place === undefined) return ends ? [[column]] : [];
    if (name === undefined) return [[column, place, line, sourceColumn]];
    return [[column, place, line, sourceColumn, indexIn(ownNames, names[name] ?? "")]];
  };
  const lines = decode(mappings).map((line) => line.flatMap(reduced));
  return { version, sources: own, names: [...ownNames.keys()], mappings: encode(lines) };
}

function indexIn(indexes: Map<string, number>, name: string): number {
  const index = indexes.get(name) ?? indexes.size;
  indexes.set(name, index);
  return index;
}
