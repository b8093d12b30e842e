import { addClient } from '#data/client';
import { makeClientKey } from '#platform/keys/client-key';

import type { Answer, Ask, TestApp } from './test-app.ts';

/** A service that asks about the tokens of users. */
export class TestClient {
  private constructor(
    private readonly app: TestApp,
    readonly id: string,
    readonly key: string,
  ) {}

  /** A new client, made as the command line does it. */
  static async of(app: TestApp, name = 'a service'): Promise<TestClient> {
    const { key, hash } = makeClientKey();
    const id = await addClient(app.db.sql, name, hash);
    if (id === undefined) throw new Error(`there is a client "${name}" already`);
    return new TestClient(app, id, key.reveal());
  }

  /** The same client as another process meets it. */
  at(app: TestApp): TestClient {
    return new TestClient(app, this.id, this.key);
  }

  introspect(token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.post('/v1/oauth/introspect', { token, ...more });
  }

  revoke(token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.post('/v1/oauth/revoke', { token, ...more });
  }

  /** A form with the client's credentials, or with others. */
  post(path: string, fields: Readonly<Record<string, string>>, ask: Ask = {}): Promise<Answer> {
    return this.app.ask(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      as: [this.id, this.key],
      ...ask,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...ask.headers },
    });
  }
}
