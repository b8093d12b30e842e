import 'reflect-metadata';

import { ConfigInvalid, readConfig } from '#platform/config/config';
import { closeOnSignals } from '#platform/http/shutdown';
import { SealedKeyUnreadable } from '#platform/keys/sealed-keys';

import { createApp } from './app.ts';
import { banner } from './banner.ts';
import { BootRefused, prepareDatabase } from './boot.ts';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  await prepareDatabase(config, (line) => process.stderr.write(`${line}\n`));
  const app = await createApp(config);
  closeOnSignals(app);
  // Whoever started this process through a channel is gone: close as if told to.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  await app.listen(config.port, config.host);
  if (!config.production) process.stdout.write(banner(config));
}

main().catch((error: unknown) => {
  process.stderr.write(`${reasonToStop(error)}\n`);
  process.exit(1);
});

function reasonToStop(error: unknown): string {
  const isExpected = [ConfigInvalid, BootRefused, SealedKeyUnreadable].some((kind) => error instanceof kind);
  if (isExpected && error instanceof Error) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return 'The port is in use: another Troth, or something else, listens there. Stop it, or set PORT.';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
