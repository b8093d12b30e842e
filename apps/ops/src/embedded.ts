import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { HomeRefused, startEmbeddedPostgres } from '#data/embedded-postgres';
import { type Environment, readNeeded } from '#platform/config/config';

import { CommandRefused } from './command.ts';

/**
 * Gives the work the database and the secret of `npm start`, where no other ones are named and there has been a start:
 * joins the server while it runs, and runs it for as long as the work takes otherwise.
 */
export async function onEmbedded(
  environment: Environment,
  say: (line: string) => void,
  work: (environment: Environment) => Promise<void>,
): Promise<void> {
  const { NODE_ENV: mode, DATA_DIR: folder } = readNeeded(environment, ['NODE_ENV', 'DATA_DIR']);
  const isNamed = [environment.DATABASE_URL, environment.DATABASE_OWNER_URL].some((url) => (url ?? '').trim() !== '');
  const roles = path.resolve(folder, 'roles.json');
  if (mode === 'production' || isNamed || !existsSync(roles)) return work(environment);
  const { app } = JSON.parse(await readFile(roles, 'utf8')) as { readonly app: string };
  const directory = path.resolve(folder, 'pg');
  const server = await startEmbeddedPostgres({ directory, say }).catch((error: unknown) => {
    throw error instanceof HomeRefused ? new CommandRefused(error.message) : error;
  });
  try {
    const url = Object.assign(new URL(server.url), { username: 'troth_app', password: app });
    await work({ ...environment, TROTH_SECRET: await secretOf(environment, folder), DATABASE_URL: url.href });
  } finally {
    await server.stop();
  }
}

/** The given one, else what the start made; undefined: it made none. */
async function secretOf({ TROTH_SECRET: given }: Environment, folder: string): Promise<string | undefined> {
  if (given !== undefined && given.trim() !== '') return given;
  const file = path.resolve(folder, 'secret');
  return existsSync(file) ? (await readFile(file, 'utf8')).trim() : undefined;
}
