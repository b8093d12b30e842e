import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { Log } from '#platform/logging/log';

import { Connections } from './connections.ts';

/** How long requests in flight may still take, in milliseconds, before their connections are cut. */
const PATIENCE_MS = 10_000;
/** How much longer everything else may take to close, in milliseconds. */
const LAST_PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * On SIGTERM, SIGINT or SIGHUP: is no longer ready, stops listening, lets requests in flight finish, then sends the last
 * letters, ends the jobs, closes the database (see Closing), and ends the process. A second signal ends it at once.
 */
export function closeOnSignals(app: NestFastifyApplication): void {
  let isClosing = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isClosing) process.exit(1);
      isClosing = true;
      void closeGracefully(app, signal).then((status) => process.exit(status));
    });
  }
}

/** Closes the application within bounds of time; resolves to the exit status: 0 if all went well. */
export async function closeGracefully(
  app: NestFastifyApplication,
  signal: string,
  patienceMs = PATIENCE_MS,
): Promise<number> {
  const log = app.get(Log);
  const connections = app.get(Connections);
  log.info('closing', { signal });
  // A connection that was busy when closing began turns idle later, and would keep the server open.
  const sweep = setInterval(() => connections.closeIdle(), LOOK_EVERY_MS);
  const cut = setTimeout(() => {
    log.warn('connections_cut');
    connections.closeAll();
  }, patienceMs);
  let giveUp: NodeJS.Timeout | undefined;
  const tooLong = new Promise<number>((resolve) => {
    giveUp = setTimeout(() => {
      log.error('closing_took_too_long');
      resolve(1);
    }, patienceMs + LAST_PATIENCE_MS);
  });
  try {
    const status = await Promise.race([app.close().then(() => 0), tooLong]);
    log.info('closed', { status });
    return status;
  } catch (error) {
    log.error('closing_failed', { error });
    return 1;
  } finally {
    clearInterval(sweep);
    clearTimeout(cut);
    clearTimeout(giveUp);
  }
}
