// What an administrator's page of users costs, when there are few accounts and when there are many.
import postgres from 'postgres';
import { codeFor } from './client.mjs';
import { cpuOfDatabase, cpuOfProcess } from './cpu.mjs';
import { populate } from './population.mjs';
import { requestsOf } from './requests.mjs';
import { printTable, Total } from './totals.mjs';

const ADMIN = 'admin@example.com';
/** Pages a round, each behind the one before. */
const PAGES = 100;

/** The measurement, on a service that runs, and that has so many accounts more after it. */
export class Listing {
  #service;
  #requests;
  #client;

  constructor(service, client, accounts) {
    this.#service = service;
    this.#client = client;
    this.#requests = requestsOf(client);
    this.accounts = accounts;
  }

  async run(rounds) {
    const account = await this.#admin();
    const few = new Total('GET /v1/admin/users, some accounts');
    const many = new Total(`the same, ${this.accounts} accounts more`);
    // Once without counting, so that the compiler has done its work.
    await this.#take(new Total(), 1);
    await this.#take(few, rounds);
    await populate(this.#service, account, this.accounts);
    await this.#take(new Total(), 1);
    await this.#take(many, rounds);
    printTable(['of some'], [[few], [many, few]]);
  }

  /** Resolves to the administrator's account. */
  async #admin() {
    const { register, activate } = this.#requests;
    await register(ADMIN);
    const { user } = JSON.parse(await activate(ADMIN, await codeFor(this.#client, ADMIN)));
    const sql = postgres(this.#service.superUrl, { max: 1 });
    await sql`update account set roles = array['admin'] where id = ${user.id}`;
    await sql.end();
    return user.id;
  }

  async #take(total, rounds) {
    const session = await this.#requests.logIn(ADMIN);
    const cpu = () => cpuOfProcess(this.#service.api.pid) + cpuOfDatabase(this.#service.postmaster);
    for (let round = 0; round < rounds; round++) await total.take(PAGES, cpu, () => this.#pages(session));
  }

  async #pages(session) {
    let cursor = null;
    for (let page = 0; page < PAGES; page++) cursor = await this.#requests.listUsers(session, cursor);
  }
}
