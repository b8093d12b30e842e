import { connect } from 'node:net';
import { once } from 'node:events';

import { TestClaimant } from '#testing/claimant';
import { startTestApp, type TestApp } from '#testing/test-app';

const SETTINGS = {
  CLAIM_SECONDS: '90',
  CLAIM_RESENDS: '2',
  CLAIM_RESEND_GAP_SECONDS: '7',
  WEB_URL: 'https://web.example.com/app',
};

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp(SETTINGS);
});
afterAll(() => app.stop());

test('the answer of a registration, and that of a resend, state the values of the settings', async () => {
  const ada = new TestClaimant(app, 'ada@example.com');
  const answers = [await ada.register(), await ada.resend()];
  for (const { status, body } of answers) {
    expect([status, body]).toEqual([
      202,
      {
        status: 'verification_required',
        expires_in: 90,
        max_attempts: 3,
        max_resends: 2,
        resend_after: 7,
        code: { min_length: 4, max_length: 8 },
      },
    ]);
  }
});

test('links lead to the web application, whatever host a request names', async () => {
  const { port } = new URL(app.url);
  const body = JSON.stringify({ email: 'grace@example.com', password: 'correct horse battery' });
  const socket = connect(Number(port), '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.write(
    [
      'POST http://hostile.example/v1/registrations HTTP/1.1',
      'Host: hostile.example',
      'X-Forwarded-Host: hostile.example',
      'X-Forwarded-Proto: gopher',
      'Forwarded: host=hostile.example;proto=gopher',
      'Origin: https://hostile.example',
      'Referer: https://hostile.example/',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  await once(socket, 'close');
  expect(Buffer.concat(received).toString('utf8')).toMatch(/^HTTP\/1\.1 202 /);
  const letter = await new TestClaimant(app, 'grace@example.com').letter();
  expect(letter.text).toMatch(/^https:\/\/web\.example\.com\/app\/owner\?owner_token=[A-Za-z0-9_.-]+$/m);
  expect(JSON.stringify(letter)).not.toMatch(/hostile|gopher/);
});
