import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { answeredWithin, begunWithin } from '../lib/patience.ts';

const PATIENCE = 10_000;
const SHORT_PATIENCE = 100;
const server = createServer((_, response) => server.emit('asked', response));
const nextAsked = (): Promise<ServerResponse> => new Promise((resolve) => server.once('asked', resolve));

function write(response: ServerResponse, text: string): ServerResponse {
  response.write(text);
  return response;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const request = (): Request => new Request(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
const begin = (): Promise<Response> => begunWithin(PATIENCE)(request());

describe('an answer that is to begin in time', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is read for as long as it takes', async () => {
    const [begun, response] = await Promise.all([begin(), nextAsked().then((open) => write(open, 'begun, '))]);
    jest.advanceTimersByTime(10 * PATIENCE);
    response.end('done');
    expect(await begun.text()).toBe('begun, done');
  });

  test('is given up when it does not', async () => {
    const outcome = expect(begin()).rejects.toThrow(/in time/);
    await nextAsked();
    jest.advanceTimersByTime(PATIENCE);
    await outcome;
  });
});

describe('an answer that never comes', () => {
  const ownFetch = globalThis.fetch;
  afterEach(() => {
    globalThis.fetch = ownFetch;
  });

  // As Next.js does: what is asked goes by Requests that follow the signal of one another.
  const byRequests: typeof fetch = (input, init) =>
    input instanceof Request ? ownFetch(new Request(new Request(input, init))) : ownFetch(input, init);
  const unlikeAny: typeof fetch = () => new Promise(() => undefined);

  test.each([
    ['of Node.js', ownFetch],
    ['of Next.js', byRequests],
    ['that knows no signals', unlikeAny],
  ])('is given up, however often garbage is collected, with the fetch %s', async (_, ofSomebody) => {
    globalThis.fetch = ofSomebody;
    const outcomes = [answeredWithin(SHORT_PATIENCE), begunWithin(SHORT_PATIENCE)].map((send) =>
      expect(send(request())).rejects.toThrow(/in time/),
    );
    await whileCollecting(Promise.all(outcomes));
  });

  test('is given up on the way, too, and the connection ends', async () => {
    globalThis.fetch = byRequests;
    const arrived = nextAsked();
    const outcome = expect(answeredWithin(SHORT_PATIENCE)(request())).rejects.toThrow(/in time/);
    const open = write(await arrived, 'begun, ');
    const ended = new Promise((resolve) => open.once('close', resolve));
    await whileCollecting(Promise.all([outcome, ended]));
  });
});

test('what is sent arrives as it was', async () => {
  const headers = { 'content-type': 'application/json' };
  const arrived = nextAsked();
  const answer = answeredWithin(PATIENCE)(new Request(request(), { method: 'PUT', headers, body: '{"a":"ä"}' }));
  const response = await arrived;
  expect(await text(response.req)).toBe('{"a":"ä"}');
  expect(response.req).toMatchObject({ method: 'PUT', headers: { ...headers, 'content-length': '10' } });
  response.writeHead(204, { 'x-of': 'the answer' }).end();
  const { status, headers: told, body } = await answer;
  expect([status, told.get('x-of'), body]).toEqual([204, 'the answer', null]);
});

/** Waits for it, a hundred times as long as it should take, while garbage is collected again and again. */
async function whileCollecting(work: Promise<unknown>): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const latest = performance.now() + 100 * SHORT_PATIENCE;
  let isOver: true | undefined;
  while (isOver === undefined && performance.now() < latest) {
    collectGarbage();
    isOver = await Promise.race([work.then(() => true as const), nextTurn(undefined)]);
  }
  expect(isOver).toBe(true);
}
