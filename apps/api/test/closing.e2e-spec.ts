import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { SMTPServer } from 'smtp-server';

import { closeAll } from '#testing/close-all';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { startTestApp, type TestApp } from '#testing/test-app';

/** A mail server that takes its time for each letter, and keeps who it was for. */
async function slowMailServer(): Promise<{ readonly url: string; readonly to: string[]; close(): Promise<void> }> {
  const to: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, { envelope }, done) {
      stream.resume().on('end', () =>
        setTimeout(() => {
          to.push(...envelope.rcptTo.map(({ address }) => address));
          done();
        }, 300),
      );
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.server.address() as AddressInfo;
  return { url: `smtp://127.0.0.1:${port}`, to, close: () => new Promise((closed) => server.close(closed)) };
}

let db: TestDatabase;
let mail: Awaited<ReturnType<typeof slowMailServer>>;
let app: TestApp;
let ended: Promise<number> | undefined;
const closes: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  db = await freshDatabase();
  closes.push(() => db.drop());
  mail = await slowMailServer();
  closes.push(() => mail.close());
  app = await startTestApp({ SMTP_URL: mail.url }, db);
  closes.push(() => ended ?? app.terminate());
});
afterAll(() => closeAll(closes));

const BODY = JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery' });
const HEAD = `POST /v1/registrations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`;

/** A request that has begun, and whose rest comes later. */
async function begin(bytes: string): Promise<{ finish(rest: string): Promise<string> }> {
  const socket: Socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  await once(socket, 'connect');
  await new Promise((written) => socket.write(bytes, written));
  return {
    async finish(rest) {
      const received: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      socket.write(rest);
      await once(socket, 'close');
      return Buffer.concat(received).toString('utf8');
    },
  };
}

const refusesConnections = async (): Promise<true | undefined> =>
  app.ask('/health/live').then(
    () => undefined,
    () => true,
  );

test('what is acknowledged while the process ends is mailed by it, and it is no longer ready', async () => {
  const registration = await begin(HEAD);
  const probe = await begin('GET /health/ready HTTP/1.1\r\nHost: x\r\n');
  // Both have reached the server once a later request has been answered.
  await app.ask('/health/live');
  ended = app.terminate();
  await eventually(refusesConnections);
  expect(await probe.finish('\r\n')).toMatch(/^HTTP\/1\.1 503 .*"code":"overloaded"/s);
  expect(mail.to).toEqual([]);
  expect(await registration.finish(BODY)).toMatch(/^HTTP\/1\.1 202 /);
  expect(await ended).toBe(0);
  expect(mail.to).toEqual(['ada@example.com']);
  expect(await db.owner<object[]>`select id from letter`).toEqual([]);
});
