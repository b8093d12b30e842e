// The same for the web application, with the client that it is built upon.
import path from 'node:path';
import { buildIfStale } from './build-if-stale.mjs';

process.env.NEXT_TELEMETRY_DISABLED = '1';
const modules = path.resolve('apps', 'web', 'node_modules');
buildIfStale({
  stamp: path.join('apps', 'web', '.next', '.built'),
  lock: path.join('dist', '.build-web-lock'),
  sources: [
    // What the client depends on is installed in the root.
    'package-lock.json',
    ...['app', 'components', 'lib', 'public', 'proxy.ts', 'next.config.ts', 'tsconfig.json', 'package-lock.json'].map(
      (name) => path.join('apps', 'web', name),
    ),
    ...['src', 'package.json', 'tsconfig.json'].map((name) => path.join('libs', 'client', name)),
  ],
  commands: [
    [path.join(modules, 'typescript', 'bin', 'tsc'), '-p', path.join('..', '..', 'libs', 'client', 'tsconfig.json')],
    [path.join(modules, 'next', 'dist', 'bin', 'next'), 'build'],
  ],
  cwd: path.join('apps', 'web'),
});
