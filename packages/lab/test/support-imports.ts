/**
 * The imports among source files, type imports included: their cycles, and those that the layers
 * forbid.
 */
import { dirname, join } from "node:path/posix";

/** File to the files that it imports, each by its path below the sources' folder. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Room to the rooms that it may import, the lowest room first. */
export type Layers = ReadonlyMap<string, readonly string[]>;

const FROM = /^\s*(?:import|export)\b[^;"']*?\bfrom\s*"([^"]+)"/gm;
const BARE = /^\s*import\s*"([^"]+)"/gm;
const CALLED = /\bimport\(\s*"([^"]+)"\s*\)/g;
const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;

/** What a source names in its imports and re-exports, `import type` and `import("…")` included. */
export function specifiersIn(source: string): string[] {
  const code = source.replaceAll(COMMENT, "");
  return [FROM, BARE, CALLED].flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([, specifier]) => specifier as string),
  );
}

/** Only imports of other source files count; one that leads nowhere throws. */
export function importsAmong(sources: ReadonlyMap<string, string>): Imports {
  return new Map(
    [...sources].map(([file, source]) => {
      const inside = specifiersIn(source).filter((specifier) => specifier.startsWith("."));
      return [file, [...new Set(inside.map((specifier) => target(file, specifier, sources)))]];
    }),
  );
}

function target(file: string, specifier: string, sources: ReadonlyMap<string, string>): string {
  const path = join(dirname(file), specifier).replace(/\.js$/, ".ts");
  if (!sources.has(path)) throw new Error(`${file} imports ${specifier}, which is no source file`);
  return path;
}

/** The files of a cycle in the order of their imports; undefined where there is none. */
export function cycleIn(imports: Imports): string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (finished.has(file)) return undefined;
    path.push(file);
    for (const next of imports.get(file) ?? []) {
      const found = visit(next);
      if (found !== undefined) return found;
    }
    path.pop();
    finished.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const found = visit(file);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A folder is a room, and so is a file that stands in none. */
export const roomOf = (file: string): string => file.split("/")[0] as string;

/** A line for each import that the layers do not allow, and for each room that they do not name. */
export function forbidden(imports: Imports, layers: Layers): string[] {
  return [...imports].flatMap(([file, targets]) => {
    const room = roomOf(file);
    const allowed = layers.get(room);
    if (allowed === undefined) return [`${file}: the layers name no room ${room}`];
    return targets
      .filter((other) => roomOf(other) !== room && !allowed.includes(roomOf(other)))
      .map((other) => `${file} imports ${other}: ${room} may not import ${roomOf(other)}`);
  });
}

/** The rows of a Markdown table whose cells are: a room, what lives there, the rooms it may import. */
export function layersIn(markdown: string): Layers {
  const layers = new Map<string, readonly string[]>();
  for (const [, room, rooms] of markdown.matchAll(/^\| `([^`]+)` *\|[^|]*\|([^|]*)\|$/gm)) {
    const allowed = [...(rooms as string).matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
    layers.set(room as string, allowed);
  }
  return layers;
}
