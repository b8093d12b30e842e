import { setMaxListeners } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';

import { Connection, type Session } from './connection.ts';
import { DatabaseUnavailable } from './failures.ts';
import { Gate } from './gate.ts';
import { givesSign } from './socket.ts';

interface Idle {
  readonly connection: Connection;
  readonly openedAt: number;
}

/** Connections that are lent to one piece of work at a time, the latest used first. */
export class Pool {
  readonly #gate: Gate;
  readonly #open = new Set<Connection>();
  readonly #idle: Idle[] = [];
  #restUntil = 0;
  readonly #closed = new AbortController();
  readonly #session: Session;
  #sign: Promise<void> | undefined;

  constructor(session: Session, size: number) {
    this.#session = { ...session, onSilence: () => void (this.#sign ??= this.#awaitSign()) };
    // Each connection that is being opened listens, and there may be as many as the pool is large.
    setMaxListeners(size + 1, this.#closed.signal);
    const { queueLength, turnMs } = session.limits;
    this.#gate = new Gate({ slots: size, queue: queueLength, waitMs: turnMs });
  }

  /** Lends a connection to the work. Throws DatabaseUnavailable when there is none in time. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#session.limits.connectedMs;
    return this.#gate.run(async () => {
      const lent = this.#takeIdle() ?? (await this.#connect(deadline));
      try {
        return await work(lent.connection);
      } catch (error) {
        // Where one connection fell silent the others are not better, and each would cost a request its deadline.
        if (error instanceof DatabaseUnavailable && error.reason === 'no_reply') this.#dropIdle();
        throw error;
      } finally {
        this.#giveBack(lent);
      }
    });
  }

  /** Takes no more work, waits for what runs, then ends every connection. */
  async close(): Promise<void> {
    const patience = new AbortController();
    const bound = rest(this.#session.limits.closeMs, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.#gate.close(), bound]);
    patience.abort();
    this.#closed.abort();
    this.#gate.clear();
    const idle = this.#idle.splice(0).map(({ connection }) => connection);
    await Promise.all(idle.map((connection) => this.#end(connection)));
    for (const connection of this.#open) connection.destroy('closed');
  }

  #takeIdle(): Idle | undefined {
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      if (last.connection.isUsable) return last;
      this.#open.delete(last.connection);
    }
    return undefined;
  }

  async #connect(deadline: number): Promise<Idle> {
    const pause = this.#restUntil - performance.now();
    if (pause > 0) await rest(pause);
    const { signal } = this.#closed;
    if (signal.aborted) throw new DatabaseUnavailable('closed');
    const { connectedMs, restMs } = this.#session.limits;
    // Half at most: an attempt made in a black hole does not outlive it for long, and its place is free for the next.
    const bound = Math.max(1, Math.min(deadline - performance.now(), connectedMs / 2));
    const connection = await Connection.open(this.#session, bound, signal).catch((error: unknown) => {
      this.#restUntil = performance.now() + restMs;
      throw error;
    });
    return this.#keep(connection);
  }

  #keep(connection: Connection): Idle {
    if (this.#closed.signal.aborted) {
      // Closing did not wait for this one, and could not end what was not there yet.
      connection.destroy();
      throw new DatabaseUnavailable('closed');
    }
    this.#open.add(connection);
    return { connection, openedAt: performance.now() };
  }

  // A statement may take its time, and a server that hangs looks just the same from its connection.
  async #awaitSign(): Promise<void> {
    const { address, limits } = this.#session;
    const isThere = await givesSign(address, limits.signMs);
    if (!isThere) for (const connection of this.#open) connection.destroy('no_reply');
    this.#sign = undefined;
  }

  #giveBack(lent: Idle): void {
    const isOld = performance.now() - lent.openedAt > this.#session.limits.lifetimeMs;
    if (!isOld && !this.#closed.signal.aborted) this.#idle.push(lent);
    else void this.#end(lent.connection);
  }

  #dropIdle(): void {
    this.#idle.splice(0).forEach(({ connection }) => void this.#end(connection));
  }

  async #end(connection: Connection): Promise<void> {
    this.#open.delete(connection);
    await connection.close();
  }
}
