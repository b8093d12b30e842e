import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

// Nest 12 is ESM-only while @nestjs/throttler and @nestjs-modules/mailer are CommonJS and require() it, which Jest
// cannot do on Node 20: so, for the tests, every ESM package is compiled to CommonJS.
const packages = (dir) =>
  readdirSync(dir).flatMap((name) => {
    if (name.startsWith('.')) return [];
    return name.startsWith('@') ? readdirSync(join(dir, name)).map((inner) => `${name}/${inner}`) : [name];
  });
const isEsm = (name) => {
  const manifest = join('node_modules', name, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).type === 'module';
};
const esm = packages('node_modules').filter(isEsm);
const swc = (parser) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser,
      keepClassNames: true,
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

export default {
  rootDir: '.',
  // Much of the time goes by waiting. All share one PostgreSQL, whose connections are counted.
  maxWorkers: Math.min(4, Math.max(2, availableParallelism())),
  // The machines that run this are shared: a limit is there for what hangs, not for what is slow.
  testTimeout: 30_000,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  roots: ['<rootDir>/apps', '<rootDir>/libs'],
  testRegex: '\\.(pg-|e2e-|browser-)?spec\\.ts$',
  // libs/client is a package of its own, where the names of this one mean nothing.
  moduleNameMapper: { '^#testing/(.+)$': '<rootDir>/libs/testing/src/$1.ts' },
  moduleFileExtensions: ['js', 'mjs', 'ts', 'json'],
  transform: {
    '^.+\\.ts$': swc({ syntax: 'typescript', decorators: true }),
    '^.+\\.m?js$': swc({ syntax: 'ecmascript' }),
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esm.join('|')})/)`],
  globalSetup: '<rootDir>/libs/testing/src/global-setup.mjs',
  globalTeardown: '<rootDir>/libs/testing/src/global-teardown.mjs',
};
