// A service with so many accounts, and what it is asked.
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { clientOf, codeFor } from './client.mjs';
import { cpuOfDatabase, cpuOfProcess } from './cpu.mjs';
import { populate, tokensOf } from './population.mjs';
import { batch, requestsOf } from './requests.mjs';
import { startService } from './service.mjs';
import { Total } from './totals.mjs';

/** Requests a round: the light ones are so quick that a round takes more of them. */
const HEAVY = 40;
const LIGHT = 400;
const AT_ONCE = availableParallelism() * 2;
/** People who come back, spread at random over all: their pages fit into the buffers that PostgreSQL has by default. */
const REGULARS = 1_000;
const MODEL = 'model@example.com';
const SETTINGS = {
  CLAIM_SECONDS: '3600',
  PURGE_INTERVAL_SECONDS: '0',
  // Every refresh writes.
  REFRESH_GRACE_SECONDS: '0',
};

/** One service. `start` it before anything else, and `stop` it whatever comes. */
export class Place {
  /** By the name of a kind of request: its total so far, how many are sent in a round, and how each is made and sent. */
  acts;
  #service;
  #client;
  #tokens;
  #newcomers = 0;
  #regulars = [];
  #turn = 0;

  constructor(size) {
    this.size = size;
  }

  async start() {
    this.#service = await startService(SETTINGS);
    this.#client = clientOf(this.#service.url, AT_ONCE);
    const requests = requestsOf(this.#client);
    await this.#service.start();
    await requests.register(MODEL);
    const { user } = JSON.parse(await requests.activate(MODEL, await codeFor(this.#client, MODEL)));
    await populate(this.#service, user.id, this.size);
    this.#tokens = await tokensOf(this.#service);
    const act = (count, make, send) => ({ total: new Total(), count, make, send });
    this.acts = {
      registration: act(HEAVY, () => `new${++this.#newcomers}@example.com`, requests.register),
      'log-in': act(HEAVY, () => `user${this.#regular().n}@example.com`, requests.logIn),
      refresh: act(LIGHT, () => this.#regular(), requests.refresh),
      'GET /v1/me': act(LIGHT, () => this.#regular(), requests.me),
    };
  }

  /** A round of one kind of request. */
  async take(name, counts) {
    if (this.#regulars.length === 0) await this.#settle();
    const { total, count, make, send } = this.acts[name];
    const items = Array.from({ length: count }, make);
    const cpu = () => cpuOfProcess(this.#service.api.pid) + cpuOfDatabase(this.#service.postmaster);
    await (counts ? total : new Total()).take(count, cpu, () => batch(items, AT_ONCE, send));
  }

  async stop() {
    this.#client?.close();
    await this.#tokens?.close();
    await this.#service?.stop();
  }

  /** Each of them is there once before anything is counted. Their tokens are made now: they do not last. */
  async #settle() {
    const numbers = new Set();
    while (numbers.size < REGULARS) numbers.add(randomInt(this.size) + 1);
    this.#regulars = [...numbers].map((n) => ({ n, ...this.#tokens.sessionOf(n) }));
    await batch(this.#regulars, AT_ONCE, this.acts['GET /v1/me'].send);
  }

  /** One after the other. */
  #regular() {
    return this.#regulars[this.#turn++ % REGULARS];
  }
}
