// The suites that need a PostgreSQL, on the oldest one that is supported. The folder of its programs can be given.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const binaries = process.argv[2] ?? '/usr/lib/postgresql/15/bin';
if (!existsSync(`${binaries}/initdb`)) {
  console.error(`LEFT OUT: the tests on PostgreSQL 15. There is no initdb in ${binaries}.`);
  process.exit(1);
}
const jest = 'node_modules/jest/bin/jest.js';
const flags = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest];
const { status } = spawnSync(process.execPath, [...flags, '--testPathPatterns', '(pg-|e2e-)spec'], {
  stdio: 'inherit',
  env: { ...process.env, TEST_POSTGRES_BIN: binaries },
});
process.exit(status ?? 1);
