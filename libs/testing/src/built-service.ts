import { freePort } from '#data/free-port';

import { startApiProcess } from './api-process.ts';
import { freshDatabase, type TestDatabase } from './fresh-database.ts';

/** The service as it is built and started, in a process of its own, on a database of its own. */
export interface BuiltService {
  /** Where it is, as a browser is told: a PUBLIC_URL of http://localhost. */
  readonly url: string;
  readonly db: TestDatabase;
  stop(): Promise<void>;
}

/** Starts what `npm run build` has made; resolves when it is ready. Only there is OpenAPI complete. */
export async function startBuiltService(settings: Readonly<Record<string, string>> = {}): Promise<BuiltService> {
  const db = await freshDatabase();
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const api = await startApiProcess(
    {
      PUBLIC_URL: url,
      LOG_LEVEL: 'silent',
      RATE_LIMIT_SCALE: '100000',
      DATABASE_URL: db.appUrl,
      TROTH_SECRET: 'a secret for tests alone that is long enough',
      ...settings,
    },
    port,
  );
  const stop = async (): Promise<void> => {
    await api.end();
    await db.drop();
  };
  try {
    await api.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, db, stop };
}
