import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly link?: boolean;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

test('every optional package of another platform has its own entry, so that npm ci works everywhere', () => {
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined && packages[`${place}/node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

test('the lock names no host, so that any registry serves it, and holds the checksum of every package', () => {
  const installed = Object.entries(packages).filter(([place]) => place !== '');
  expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  expect(installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
});

const production = Object.entries(packages)
  .filter(([place, { dev }]) => place !== '' && !dev && existsSync(place))
  .map(([place]) => place);

// docs/decisions/0005-weight-of-an-install.md says why the lock must not know of this peer, and what to do.
test('TypeScript is for development alone, although @nestjs/swagger has it as an optional peer', () => {
  expect(packages['node_modules/@nestjs/swagger']?.peerDependencies).not.toHaveProperty('typescript');
  expect(packages['node_modules/typescript']).toMatchObject({ dev: true });
});

test('a production install has at most 130 packages and 80 MiB, without the embedded database', () => {
  const bytes = production.reduce((sum, place) => sum + sizeOf(place), 0);
  process.stdout.write(`A production install: ${production.length} packages, ${Math.round(bytes / 2 ** 20)} MiB.\n`);
  expect(production.length).toBeLessThanOrEqual(130);
  expect(bytes / 2 ** 20).toBeLessThanOrEqual(80);
});

/** Bytes of the files of one package, without the packages inside it. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? sum : sum + sizeOf(at);
    return entry.isFile() ? sum + statSync(at).size : sum;
  }, 0);
}
