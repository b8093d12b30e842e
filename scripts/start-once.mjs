// What a start makes sure of before it touches anything else.
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

/** A start that cannot be; the message says what to do. */
export class Refused extends Error {}

/** Keeps a text that is made once; whoever comes second reads the first one's. */
export function keepOnce(file, make) {
  mkdirSync(path.dirname(file), { recursive: true });
  if (!existsSync(file)) {
    const half = `${file}.${process.pid}`;
    writeFileSync(half, make(), { mode: 0o600 });
    try {
      linkSync(half, file);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(half, { force: true });
    }
  }
  chmodSync(file, 0o600);
  const text = readFileSync(file, 'utf8').trim();
  if (text === '')
    throw new Refused(`${file} is empty. Restore it from a backup; remove it only with the whole data folder.`);
  return text;
}

/** Two services on one port is the mistake of a second start: say so before anything else is touched. */
export async function refuseTakenPort(port, host, setting = 'PORT') {
  await new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', (error) => {
      if (error.code !== 'EADDRINUSE') return resolve();
      reject(
        new Refused(
          `Port ${port} is in use: Troth, or something else, is running there already. Stop it, or set ${setting} to another one.`,
        ),
      );
    });
    probe.listen(port, host, () => probe.close(resolve));
  });
}
