import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { eventually } from '#testing/eventually';

const WEB = path.join('apps', 'web');

/** The built application as a process of its own. */
export interface WebServer {
  /** As a browser is told. */
  readonly url: string;
  /** All it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Whether the packages of the application are installed: it is a package of its own. */
export function hasPackages(): boolean {
  return existsSync(path.join(WEB, 'node_modules'));
}

/** Builds the application when it is older than its sources. Suites that come together take turns, and one builds. */
export async function buildWeb(): Promise<void> {
  const child = spawn(process.execPath, [path.join('scripts', 'build-web-if-stale.mjs')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the build of apps/web failed:\n${output}`);
}

/** Starts it on a port; resolves when it listens. */
export async function startWebServer(port: number, settings: Readonly<Record<string, string>>): Promise<WebServer> {
  const child = spawn(process.execPath, [path.join(WEB, 'server.mjs')], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', PORT: `${port}`, ...settings },
    // The channel ends it when this process is gone, however it went.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()));
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await eventually(() => {
    if (hasEnded()) throw new Error(output);
    return Promise.resolve(output.includes('The web application is at') ? true : undefined);
  }, 60);
  return {
    url: `http://localhost:${port}`,
    output: () => output,
    stop: async () => {
      if (hasEnded()) return;
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await closed;
    },
  };
}
