import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** How a command of the command line ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs as a process of its own, from the build, as `npm run ops` does it. */
export interface RunningOps {
  readonly child: ChildProcess;
  /** What it has written to standard output so far. */
  readonly out: () => string;
  readonly ended: Promise<Ended>;
}

/** Starts a command with these settings and no others, and no data of a start; in another folder it finds other migrations. */
export function startOps(
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  folder = process.cwd(),
): RunningOps {
  const env = { PATH: process.env.PATH, DATA_DIR: path.join(tmpdir(), 'no data of troth'), ...settings };
  const child = spawn(process.execPath, [path.resolve('dist/apps/ops/src/main.js'), ...words], {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
  return { child, out: () => out, ended };
}

/** Runs a command to its end. */
export function runOps(
  words: readonly string[],
  settings?: Readonly<Record<string, string>>,
  folder?: string,
): Promise<Ended> {
  return startOps(words, settings, folder).ended;
}
