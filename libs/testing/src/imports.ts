import { posix } from 'node:path';

/** One import as its file writes it. */
export interface Import {
  readonly from: string;
  /** What stands between the quotes. */
  readonly written: string;
  /** Path from the root; undefined for a package or a module of Node. */
  readonly to: string | undefined;
}

/** Source files by their path from the root. */
export type SourceTree = ReadonlyMap<string, string>;

const STATIC = /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"\n]+)['"]/gm;
const FOR_EFFECT = /^[ \t]*import\s*['"]([^'"\n]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]/g;

/** The roots that stand behind a name with a number sign; package.json and tsconfig.json know the same. */
const NAMED_ROOTS: Readonly<Record<string, string>> = {
  domain: 'libs/domain/src',
  data: 'libs/data/src',
  platform: 'libs/platform/src',
  testing: 'libs/testing/src',
  api: 'apps/api/src',
};

/** Every import of the tree: static, of types too, for effect, dynamic, and re-exports. */
export function importsOf(tree: SourceTree): readonly Import[] {
  return [...tree].flatMap(([from, text]) =>
    [STATIC, FOR_EFFECT, DYNAMIC]
      .flatMap((pattern) => [...text.matchAll(pattern)].map(([, written = '']) => written))
      .map((written) => ({ from, written, to: target(from, written) })),
  );
}

function target(from: string, written: string): string | undefined {
  if (written.startsWith('.')) return posix.join(posix.dirname(from), written);
  const [, root = '', rest = ''] = /^#([^/]+)\/(.+)$/.exec(written) ?? [];
  const folder = NAMED_ROOTS[root];
  return folder === undefined ? undefined : `${folder}/${rest}.ts`;
}

/** Files that import each other in a circle, as `a -> b -> a`; each circle once. */
export function cyclesOf(imports: readonly Import[]): readonly string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) if (to !== undefined) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of targets.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) walk(file, []);
  return cycles;
}
