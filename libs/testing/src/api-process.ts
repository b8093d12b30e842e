import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { freePort } from '#data/free-port';

import { eventually } from './eventually.ts';

/** The built API as a process of its own. */
export interface ApiProcess {
  readonly url: string;
  /** All it has written so far, to standard output and standard error. */
  output(): string;
  /** Waits until the output holds the words; rejects with the output when the process ends before. */
  says(words: string): Promise<void>;
  /** Waits until it is ready to serve. */
  ready(): Promise<void>;
  /** Ends it by the signal and waits for that. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts it as `npm start` and the image do, with these settings and no others. */
export async function startApiProcess(settings: Readonly<Record<string, string>>, port?: number): Promise<ApiProcess> {
  const at = port ?? (await freePort());
  const flags = JSON.parse(await readFile(path.join('scripts', 'node-flags.json'), 'utf8')) as string[];
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', PORT: String(at), ...settings };
  const child = spawn(process.execPath, [...flags, path.join('dist', 'apps', 'api', 'src', 'main.js')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const url = `http://127.0.0.1:${at}`;
  const until = (look: () => Promise<boolean>) =>
    eventually(async () => {
      if (hasEnded()) throw new Error(output);
      return (await look()) ? true : undefined;
    }, 60);
  return {
    url,
    output: () => output,
    says: async (words) => {
      await until(() => Promise.resolve(output.includes(words)));
    },
    ready: async () => {
      await until(() =>
        fetch(`${url}/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
    },
    end: async (signal = 'SIGTERM') => {
      if (hasEnded()) return;
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill(signal);
      await closed;
    },
  };
}
