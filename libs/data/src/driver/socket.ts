import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import type { ServerAddress } from './address.ts';
import { DatabaseUnavailable } from './failures.ts';

/** Asks a PostgreSQL server whether it speaks TLS (protocol, 54.7 SSLRequest). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Opens a socket to PostgreSQL, encrypted if the address says so; rejects after `milliseconds`, or when told to. */
export async function openSocket(
  address: ServerAddress,
  milliseconds: number,
  abandoned?: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host: address.host, port: address.port, noDelay: true });
  // Every error is followed by `close`, which is what is listened to; without a listener an error ends the process.
  socket.on('error', () => undefined);
  const timer = setTimeout(() => socket.destroy(new DatabaseUnavailable('no_reply')), milliseconds);
  const abandon = (): void => void socket.destroy(new DatabaseUnavailable('closed'));
  abandoned?.addEventListener('abort', abandon);
  try {
    await first(socket, 'connect');
    return address.privacy === 'plain' ? socket : await encrypted(socket, address);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    abandoned?.removeEventListener('abort', abandon);
  }
}

/**
 * Whether anything that speaks PostgreSQL's protocol answers there within `milliseconds`. It costs the server neither a
 * login nor a place among its connections, so that one which is merely busy answers in time.
 */
export async function givesSign(address: ServerAddress, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  const socket = await openSocket({ ...address, privacy: 'plain' }, milliseconds).catch(() => undefined);
  if (!socket) return false;
  // What has come by now is read first: a process that stood still must not take its server for gone.
  const giveUp = (): unknown => setImmediate(() => socket.destroy());
  const timer = setTimeout(giveUp, Math.max(1, deadline - performance.now()));
  try {
    socket.write(SSL_REQUEST);
    await first(socket, 'data');
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function encrypted(socket: Socket, { host, privacy }: ServerAddress): Promise<Socket> {
  socket.write(SSL_REQUEST);
  const answer = await first(socket, 'data');
  // One byte and no more: what came with it would be read as if it had come encrypted (CVE-2021-23222).
  if (!(answer instanceof Buffer) || answer.toString('latin1') !== 'S') throw new DatabaseUnavailable('no_tls');
  const secure = connectTls({
    socket,
    rejectUnauthorized: privacy === 'verified',
    ...(isIP(host) === 0 ? { servername: host } : { host }),
  });
  secure.on('error', () => undefined);
  await first(secure, 'secureConnect');
  return secure;
}

/** What the next event of this name brings; rejects when the socket fails or closes before. */
function first(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new DatabaseUnavailable('connection_lost'));
    const happened = (value: unknown): void => {
      socket.off('error', reject).off('close', closed);
      resolve(value);
    };
    socket.once('error', reject).once('close', closed).once(event, happened);
  });
}
