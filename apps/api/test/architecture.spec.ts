import { readdirSync, readFileSync } from 'node:fs';

import { cyclesOf, importsOf, type Import, type SourceTree } from '#testing/imports';

/** Imports point one way. The packages of a library are those it may name; undefined: any of package.json. */
const LAYERS: Readonly<
  Record<string, { readonly mayImport: readonly string[]; readonly packages?: readonly string[] }>
> = {
  'libs/domain': { mayImport: [], packages: [] },
  'libs/data': { mayImport: ['libs/domain'], packages: ['node:', 'postgres'] },
  'libs/platform': { mayImport: ['libs/data', 'libs/domain'] },
  'libs/client': { mayImport: [], packages: ['openapi-fetch', 'openapi-typescript-helpers'] },
  'apps/api': { mayImport: ['libs/platform', 'libs/data', 'libs/domain'] },
  'apps/ops': { mayImport: ['libs/platform', 'libs/data', 'libs/domain'] },
  'libs/testing': { mayImport: ['libs/platform', 'libs/data', 'libs/domain', 'apps/api', 'apps/ops'] },
};

/** Every feature: which others it may import, and which of its files they may import. Its module is for app.module.ts. */
const FEATURES: Readonly<
  Record<string, { readonly mayImport: readonly string[]; readonly offers: readonly string[] }>
> = {
  'account-deletion': {
    mayImport: ['letters'],
    offers: ['account-deletion.module.ts', 'erase-account.usecase.ts', 'erasure.dto.ts'],
  },
  activity: { mayImport: [], offers: [] },
  admin: { mayImport: ['account-deletion', 'audit', 'profile'], offers: [] },
  audit: {
    mayImport: [],
    offers: ['audit.module.ts', 'audit-check.ts', 'verify-audit.usecase.ts', 'audit-chain.dto.ts'],
  },
  'dev-mailbox': { mayImport: [], offers: [] },
  health: { mayImport: [], offers: [] },
  housekeeping: { mayImport: ['account-deletion', 'audit'], offers: [] },
  keys: { mayImport: [], offers: [] },
  letters: { mayImport: [], offers: ['letters.module.ts', 'letter-sender.ts'] },
  'letter-pages': { mayImport: ['registration', 'verification', 'password', 'profile'], offers: [] },
  'oauth-clients': { mayImport: [], offers: [] },
  password: {
    mayImport: ['letters'],
    offers: [
      'password.module.ts',
      'request-reset.usecase.ts',
      'confirm-reset.usecase.ts',
      'not-me.usecase.ts',
      'token-bearers.ts',
    ],
  },
  privacy: { mayImport: [], offers: [] },
  profile: {
    mayImport: ['letters', 'password'],
    offers: ['profile.module.ts', 'user.dto.ts', 'revert-email-change.usecase.ts'],
  },
  registration: {
    mayImport: ['letters'],
    offers: [
      'registration.module.ts',
      'register.usecase.ts',
      'mute-registration.usecase.ts',
      'verification-required.dto.ts',
    ],
  },
  security: { mayImport: [], offers: [] },
  sessions: {
    mayImport: ['letters'],
    offers: ['sessions.module.ts', 'issue-session.ts', 'token-response.dto.ts'],
  },
  verification: {
    mayImport: ['letters', 'registration', 'profile', 'sessions'],
    offers: ['verification.module.ts', 'activate.usecase.ts'],
  },
};

/** What libs/platform is made of. */
const PLATFORM = [
  'audit',
  'config',
  'hashing',
  'http',
  'keys',
  'limits',
  'logging',
  'mail',
  'memory',
  'metrics',
  'problems',
  'tokens',
];

/** Folders beside the code of libs/data and libs/testing: only their own library looks into them. */
const PRIVATE_FOLDERS = ['libs/data/src/embedded-postgres/'];

const isSpec = (file: string): boolean => /[.-]spec\.ts$/.test(file);
const isSuite = (file: string): boolean => file.startsWith('apps/api/test/');
const layerOf = (file: string): string => file.split('/').slice(0, 2).join('/');
const featureOf = (file: string): string | undefined => /^apps\/api\/src\/([^/]+)\//.exec(file)?.[1];

function faultsOf(tree: SourceTree): readonly string[] {
  const imports = importsOf(tree);
  const faults = imports.flatMap((one) => {
    const found = [...wayFaults(one), ...featureFaults(one), ...packageFaults(one), ...spellingFaults(one)];
    return found.map((fault) => `${one.from}: ${one.written} ${fault}`);
  });
  return [...faults, ...cyclesOf(imports).map((cycle) => `a circle: ${cycle}`), ...[...tree].flatMap(fileFaults)];
}

function wayFaults({ from, to }: Import): string[] {
  if (to === undefined || isSuite(from)) return [];
  const [here, there] = [layerOf(from), layerOf(to)];
  if (here === there) return isSpec(to) ? ['is a spec'] : [];
  if (there === 'libs/testing' && isSpec(from)) return [];
  const faults = LAYERS[here]?.mayImport.includes(there) ? [] : [`points from ${here} to ${there}`];
  if (PRIVATE_FOLDERS.some((folder) => to.startsWith(folder))) faults.push('is inside a library');
  return faults;
}

function featureFaults({ from, to = '' }: Import): string[] {
  const [here, there] = [featureOf(from), featureOf(to)];
  if (there === undefined || here === there || isSuite(from)) return [];
  if (here === undefined) return to.endsWith(`/${there}/${there}.module.ts`) ? [] : ['is inside a feature'];
  if (!FEATURES[here]?.mayImport.includes(there)) return [`is of ${there}, which ${here} may not import`];
  return FEATURES[there]?.offers.some((file) => to.endsWith(`/${there}/${file}`)) ? [] : [`is inside ${there}`];
}

function packageFaults({ from, to, written }: Import): string[] {
  if (to !== undefined || isSpec(from)) return [];
  const { packages } = LAYERS[layerOf(from)] ?? {};
  return packages?.every((name) => !written.startsWith(name)) ? ['is a package this library does without'] : [];
}

function spellingFaults({ from, to, written }: Import): string[] {
  if (written.startsWith('../../')) return ['climbs: write its # name'];
  if (to !== undefined && written.startsWith('.') && layerOf(from) !== layerOf(to)) return ['leaves: write its # name'];
  return to === undefined && written.startsWith('#') ? ['is no name of package.json'] : [];
}

function fileFaults([file, text]: readonly [string, string]): string[] {
  const faults = LAYERS[layerOf(file)] ? [] : [`${file}: ${layerOf(file)} is not listed in LAYERS`];
  const feature = featureOf(file);
  if (feature !== undefined && !FEATURES[feature]) faults.push(`${file}: ${feature} is not listed in FEATURES`);
  const [, folder] = /^libs\/platform\/src\/([^/]+)\//.exec(file) ?? [];
  if (folder !== undefined && !PLATFORM.includes(folder)) faults.push(`${file}: ${folder} is not listed in PLATFORM`);
  if (!isSpec(file) && !/^libs\/(data|testing)\//.test(file) && /\bsql\s*(<[^`]*>)?`/.test(text))
    faults.push(`${file}: a statement belongs into libs/data`);
  return faults;
}

function readTree(): SourceTree {
  const files = ['apps', 'libs'].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).map((file) => `${root}/${file}`.replaceAll('\\', '/')),
  );
  const sources = files.filter((file) => file.endsWith('.ts') && !/(^|\/)(node_modules|dist|web)\//.test(file));
  return new Map(sources.map((file) => [file, readFileSync(file, 'utf8')]));
}

test('imports point one way, features keep to themselves, and every folder is listed', () => {
  expect(faultsOf(readTree())).toEqual([]);
});

test('what is listed is there', () => {
  const files = [...readTree().keys()];
  const folders = [
    ...Object.keys(LAYERS),
    ...Object.keys(FEATURES).map((feature) => `apps/api/src/${feature}`),
    ...PLATFORM.map((folder) => `libs/platform/src/${folder}`),
  ];
  expect(folders.filter((folder) => !files.some((file) => file.startsWith(`${folder}/`)))).toEqual([]);
  const offers = Object.entries(FEATURES).flatMap(([name, { offers }]) =>
    offers.map((file) => `apps/api/src/${name}/${file}`),
  );
  expect(offers.filter((file) => !files.includes(file))).toEqual([]);
});

test('what a feature may import, it does import', () => {
  const used = importsOf(readTree()).map(({ from, to = '' }) => `${featureOf(from) ?? ''} -> ${featureOf(to) ?? ''}`);
  const allowed = Object.entries(FEATURES).flatMap(([name, { mayImport }]) =>
    mayImport.map((other) => `${name} -> ${other}`),
  );
  expect(allowed.filter((pair) => !used.includes(pair))).toEqual([]);
});

test.each([
  ['libs/domain/src/a.ts', "import { x } from '#data/x';", 'points from libs/domain to libs/data'],
  ['libs/domain/src/a.ts', "import { x } from 'node:crypto';", 'a package this library does without'],
  ['libs/domain/src/a.ts', "import { x } from 'lodash';", 'a package this library does without'],
  ['libs/data/src/a.ts', "import { x } from '@nestjs/common';", 'a package this library does without'],
  ['libs/data/src/a.ts', "import type { X } from '#platform/x';", 'points from libs/data to libs/platform'],
  ['libs/data/src/a.ts', "import {\n  x,\n} from '#platform/x';", 'points from libs/data to libs/platform'],
  ['libs/client/src/a.ts', "import { x } from '#domain/x';", 'points from libs/client to libs/domain'],
  ['libs/client/src/a.ts', "import { x } from 'node:crypto';", 'a package this library does without'],
  ['libs/platform/src/http/a.ts', "const x = await import('#api/x');", 'points from libs/platform to apps/api'],
  ['libs/platform/src/http/a.ts', "export * from '#testing/x';", 'points from libs/platform to libs/testing'],
  ['libs/platform/src/http/a.ts', "import '#data/embedded-postgres/x';", 'is inside a library'],
  ['libs/platform/src/http/a.ts', "import { x } from './x.spec.ts';", 'is a spec'],
  ['libs/platform/src/other/a.ts', '', 'other is not listed in PLATFORM'],
  ['libs/other/src/a.ts', '', 'libs/other is not listed in LAYERS'],
  ['libs/data/src/deep/a.ts', "import { x } from '../../x.ts';", 'climbs'],
  ['libs/data/src/deep/b/a.ts', "import { x } from '../../../../domain/src/x.ts';", 'climbs'],
  ['libs/data/src/a.ts', "import { x } from '#nowhere/x';", 'is no name of package.json'],
  ['apps/ops/src/main.ts', "import { x } from '#api/app';", 'points from apps/ops to apps/api'],
  ['apps/api/src/app.ts', "import { x } from '#testing/x';", 'points from apps/api to libs/testing'],
  ['apps/api/src/app.ts', "import { x } from './letters/letter-sender.ts';", 'is inside a feature'],
  ['apps/api/src/other/a.ts', '', 'other is not listed in FEATURES'],
  ['apps/api/src/letters/a.ts', "import { x } from '../registration/register.usecase.ts';", 'letters may not import'],
  ['apps/api/src/letters/a.ts', "import { x } from '#api/registration/register.usecase';", 'letters may not import'],
  [
    'apps/api/src/verification/a.ts',
    "import { x } from '../registration/registration.controller.ts';",
    'is inside registration',
  ],
  ['apps/api/src/registration/a.ts', 'await this.db.sql<Row[]>`select 1`;', 'a statement belongs into libs/data'],
])('%s with %j is found', (file, text, fault) => {
  expect(faultsOf(new Map([[file, text]]))).toContainEqual(expect.stringContaining(fault));
});

test('circles are found, of any length', () => {
  const imports = (to: string): string => `import { x } from '${to}';`;
  const ring = ['a', 'b', 'c'].map(
    (name, i, all) => [`libs/data/src/${name}.ts`, imports(`./${all[(i + 1) % 3]}.ts`)] as const,
  );
  expect(faultsOf(new Map(ring))).toEqual([
    'a circle: libs/data/src/a.ts -> libs/data/src/b.ts -> libs/data/src/c.ts -> libs/data/src/a.ts',
  ]);
  expect(faultsOf(new Map([['libs/data/src/a.ts', imports('#data/a')]]))).toHaveLength(1);
});

test.each([
  ['libs/data/src/a.spec.ts', "import { x } from '#testing/x';\nimport fc from 'fast-check';"],
  ['apps/api/test/a.e2e-spec.ts', "import { x } from '#api/letters/letter-sender';\nimport { y } from '#testing/y';"],
  ['apps/api/src/app.module.ts', "import { x } from './letters/letters.module.ts';"],
  [
    'apps/api/src/registration/a.ts',
    "import { x } from '../letters/letter-sender.ts';\nimport y from '@nestjs/common';",
  ],
  ['libs/domain/src/a.ts', "// Unlike import { x } from 'lodash', this needs nothing."],
])('%s with %j is right', (file, text) => {
  expect(faultsOf(new Map([[file, text]]))).toEqual([]);
});
