import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What happens to what goes through, from now on: `refuse` resets new connections, `hang-up` ends them politely at once,
 * `swallow` keeps everything and closes nothing, `swallow-replies` lets only the requests through.
 */
export type Fault = 'none' | 'refuse' | 'hang-up' | 'swallow' | 'swallow-replies';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A network that fails when a test wants it to, between a client and a server on this machine. */
export class FaultProxy {
  fault: Fault = 'none';
  /** Milliseconds that every reply is late by. */
  delay = 0;
  /** Connections that came so far. */
  accepted = 0;
  readonly #pairs = new Set<Pair>();
  readonly #sockets = new Set<Socket>();
  #cutAt: string | undefined;
  #forged: readonly [truth: string, lie: string] | undefined;

  private constructor(
    private readonly listener: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    listener.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a port of its own and forwards to the server that the URL names. */
  static async before(url: string): Promise<FaultProxy> {
    const { hostname, port } = new URL(url);
    const listener = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(listener, { host: hostname, port: Number(port) });
    await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** The URL with this proxy in place of the server. */
  through(url: string): string {
    const through = new URL(url);
    through.host = `127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
    return through.href;
  }

  /** Resets every connection there is. */
  cut(): void {
    for (const pair of this.#pairs) this.#reset(pair);
  }

  /** Resets the next connection on which a reply with this text comes, in place of the reply. */
  cutAtReply(text: string): void {
    this.#cutAt = text;
  }

  /** Puts a text in place of another of the same length, in the next reply that holds it. */
  forgeReply(truth: string, lie: string): void {
    this.#forged = [truth, lie];
  }

  /** Stops listening and resets every connection. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    this.cut();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    this.#sockets.add(client);
    client.on('error', () => undefined).on('close', () => this.#sockets.delete(client));
    if (this.fault === 'refuse') client.resetAndDestroy();
    else if (this.fault === 'hang-up') client.resume().end();
    else this.#join({ client, server: connect({ ...this.target, allowHalfOpen: true }) });
  }

  #join(pair: Pair): void {
    const { client, server } = pair;
    this.#pairs.add(pair);
    client.on('data', (bytes) => this.fault === 'swallow' || server.write(bytes));
    server.on('data', (bytes: Buffer) => this.#reply(pair, bytes));
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    for (const socket of [client, server]) {
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        client.destroy();
        server.destroy();
      });
    }
  }

  #reply(pair: Pair, bytes: Buffer): void {
    if (this.#cutAt !== undefined && bytes.includes(this.#cutAt)) {
      this.#cutAt = undefined;
      this.#reset(pair);
    } else if (!this.fault.startsWith('swallow')) {
      const forged = this.#forge(bytes);
      if (this.delay === 0) pair.client.write(forged);
      else setTimeout(() => pair.client.destroyed || pair.client.write(forged), this.delay);
    }
  }

  #forge(bytes: Buffer): Buffer {
    if (!this.#forged || !bytes.includes(this.#forged[0])) return bytes;
    const [truth, lie] = this.#forged;
    this.#forged = undefined;
    return Buffer.from(bytes.toString('latin1').replace(truth, lie), 'latin1');
  }

  #reset({ client, server }: Pair): void {
    if (!client.destroyed) client.resetAndDestroy();
    server.destroy();
  }
}
