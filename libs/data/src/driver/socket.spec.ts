import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import getTLSOptions from 'smtp-server/lib/tls-options.js';

import type { ServerAddress } from './address.ts';
import { failureOf } from './failures.ts';
import { openSocket } from './socket.ts';

let server: Server;
let answer: (socket: Socket) => void;
const accepted = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    accepted.add(socket.on('error', () => undefined));
    answer(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  for (const socket of accepted) socket.destroy();
  accepted.clear();
});
afterAll(() => void server.close());

const open = (privacy: ServerAddress['privacy'], milliseconds = 2_000): Promise<Socket> =>
  openSocket(
    {
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      user: 'ada',
      password: '',
      database: 'troth',
      privacy,
    },
    milliseconds,
  );

async function reasonOf(opening: Promise<Socket>): Promise<string> {
  const failed = await opening.then(
    (socket) => socket.destroy(),
    (error: unknown) => error,
  );
  return failureOf(failed).message;
}

/** Answers the request for TLS as the test says, then speaks TLS with a certificate that nobody vouches for. */
function speakTls(socket: Socket): void {
  socket.once('data', (request) => {
    expect(request.toString('hex')).toBe('0000000804d2162f');
    socket.write('S');
    const secure = new TLSSocket(socket, { ...getTLSOptions(), isServer: true });
    secure.on('error', () => undefined).on('data', (bytes: Buffer) => secure.write(`heard ${bytes.toString()}`));
  });
}

test('an encrypted socket carries what is said both ways, and no word of it in the clear', async () => {
  const seen: Buffer[] = [];
  answer = (socket) => {
    socket.on('data', (bytes) => seen.push(bytes));
    speakTls(socket);
  };
  const socket = await open('encrypted');
  expect(socket).toBeInstanceOf(TLSSocket);
  socket.write('a password');
  const [heard] = await once(socket, 'data');
  expect(String(heard)).toBe('heard a password');
  expect(Buffer.concat(seen).includes('a password')).toBe(false);
  const gone = once([...accepted][0] ?? socket, 'close');
  socket.destroy();
  await gone;
});

test('a certificate that nobody vouches for is refused where it has to be verified', async () => {
  answer = speakTls;
  expect(await reasonOf(open('verified'))).toBe('database unavailable: certificate');
});

test.each([
  ['a server without TLS', 'N'],
  ['an error in place of an answer', 'E'],
  ['words that were slipped in before the encryption began', 'Sslipped in'],
])('%s is refused, and never spoken to in the clear', async (_, said) => {
  const seen: Buffer[] = [];
  answer = (socket) => socket.on('data', (bytes) => seen.push(bytes)).once('data', () => socket.write(said));
  expect(await reasonOf(open('encrypted'))).toBe('database unavailable: no_tls');
  expect(Buffer.concat(seen)).toHaveLength(8);
});

test('a server that hangs up is told at once', async () => {
  answer = (socket) => socket.resume().end();
  expect(await reasonOf(open('verified'))).toBe('database unavailable: connection_lost');
});

test('a server that says nothing is given up in time', async () => {
  answer = () => undefined;
  const started = performance.now();
  expect(await reasonOf(open('encrypted', 50))).toBe('database unavailable: no_reply');
  expect(performance.now() - started).toBeLessThan(1_000);
  answer = (socket) => socket.once('data', () => socket.write('S'));
  expect(await reasonOf(open('encrypted', 50))).toBe('database unavailable: no_reply');
});
