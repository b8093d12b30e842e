import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import { Injectable } from '@nestjs/common';

/** The open connections of the server, so that those nobody needs can be closed when it stops. */
@Injectable()
export class Connections {
  readonly #open = new Set<Socket>();
  #server: Server | undefined;

  /** Follows every connection from now on. */
  watch(server: Server): void {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /** Closes the connections that wait for nothing: between two requests, or before the first one has begun. */
  closeIdle(): void {
    this.#server?.closeIdleConnections();
    // To Node a connection without any request yet is a busy one.
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Cuts every connection, in the middle of an answer too. */
  closeAll(): void {
    this.#server?.closeAllConnections();
  }
}
