import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { answeredWithin, begunWithin } from '../lib/patience.ts';

const PATIENCE = 10_000;
const server = createServer((_, response) => server.emit('asked', response));
const nextAsked = (): Promise<ServerResponse> => new Promise((resolve) => server.once('asked', resolve));

function write(response: ServerResponse, text: string): ServerResponse {
  response.write(text);
  return response;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'] });
});
afterAll(() => {
  jest.useRealTimers();
  server.close();
  server.closeAllConnections();
});

const request = (): Request => new Request(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
const begin = (): Promise<Response> => begunWithin(PATIENCE)(request());

test('an answer that has begun is read for as long as it takes', async () => {
  const [begun, response] = await Promise.all([begin(), nextAsked().then((open) => write(open, 'begun, '))]);
  jest.advanceTimersByTime(10 * PATIENCE);
  response.end('done');
  expect(await begun.text()).toBe('begun, done');
});

test('one that does not begin is given up', async () => {
  const outcome = expect(begin()).rejects.toThrow('aborted');
  await nextAsked();
  jest.advanceTimersByTime(PATIENCE);
  await outcome;
});

test('an answer that never comes is given up, however often garbage is collected meanwhile', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const outcome = expect(answeredWithin(100)(request())).rejects.toThrow('timeout');
  let isOver: true | undefined;
  while (isOver === undefined) {
    collectGarbage();
    isOver = await Promise.race([outcome.then(() => true as const), nextTurn(undefined)]);
  }
});
