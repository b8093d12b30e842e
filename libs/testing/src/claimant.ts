import { eventually } from './eventually.ts';
import type { Answer, Ask, MailboxLetter, TestApp } from './test-app.ts';

/** Somebody with a mailbox and a password, who uses the API as a client would. */
export class TestClaimant {
  /** How many requests the service shed, answering 503, before it took them. */
  shed = 0;

  constructor(
    private readonly app: TestApp,
    readonly email: string,
    readonly password = 'correct horse battery',
  ) {}

  register(
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    return this.#ask('/v1/registrations', {
      body: { email: this.email, password: this.password, ...more },
      headers,
    });
  }

  activate(code: string, password = this.password, more: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.#ask('/v1/registrations/activation', { body: { code, ...more }, as: [this.email, password] });
  }

  resend(password = this.password): Promise<Answer> {
    return this.#ask('/v1/registrations/resend', { method: 'POST', as: [this.email, password] });
  }

  withdraw(password = this.password): Promise<Answer> {
    return this.#ask('/v1/registrations', { method: 'DELETE', as: [this.email, password] });
  }

  /** Logs in by address, or by what `more` names instead. */
  logIn(more: Readonly<Record<string, unknown>> = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#ask('/v1/sessions', { body: { email: this.email, password: this.password, ...more }, headers });
  }

  /** Comes back when the service sheds load, as Retry-After asks: a busy machine does, and it is no refusal. Counts it. */
  async #ask(path: string, ask: Ask): Promise<Answer> {
    return eventually(async () => {
      const answer = await this.app.ask(path, ask);
      if (answer.status !== 503) return answer;
      this.shed += 1;
      this.app.shed.requests += 1;
      return undefined;
    }, 30);
  }

  /** The letters that reached the mailbox, oldest first. */
  async letters(): Promise<readonly MailboxLetter[]> {
    const { body } = await this.app.ask(`/dev/mailbox.json?to=${encodeURIComponent(this.email.trim().toLowerCase())}`);
    return (body as { letters: MailboxLetter[] }).letters;
  }

  /** Waits until nothing is left to send, then gives the letters, oldest first. */
  async settledLetters(): Promise<readonly MailboxLetter[]> {
    await eventually(async () => {
      const [outbox] = await this.app.db.owner<{ waiting: number }[]>`
        select count(*)::int as waiting from letter where due_at <= clock_timestamp() + interval '11 seconds'`;
      return outbox?.waiting === 0 ? true : undefined;
    });
    return this.letters();
  }

  /** The newest letter once there are `count`. */
  letter(count = 1): Promise<MailboxLetter> {
    return eventually(async () => {
      const letters = await this.letters();
      return letters.length >= count ? letters.at(-1) : undefined;
    });
  }

  /** The code in the newest letter once there are `count`. */
  async code(count = 1): Promise<string> {
    const code = /\b\d{4}(?:\d{4})?\b/.exec((await this.letter(count)).subject)?.[0];
    if (code === undefined) throw new Error('the subject holds no code');
    return code;
  }

  /** The owner token in the newest letter once there are `count`. */
  async ownerToken(count = 1): Promise<string> {
    const token = /owner_token=([A-Za-z0-9_-]+)/.exec((await this.letter(count)).text)?.[1];
    if (token === undefined) throw new Error('the letter holds no owner token');
    return token;
  }

  /** The token of the link in the newest letter once there are `count`. */
  async linkToken(count: number): Promise<string> {
    const token = /[?&]token=([\w.-]+)/.exec((await this.letter(count)).text)?.[1];
    if (token === undefined) throw new Error('the letter holds no link with a token');
    return token;
  }

  /** Asks for a link that resets the password; resolves to its token. */
  async resetToken(): Promise<string> {
    const before = (await this.settledLetters()).length;
    const { status } = await this.app.ask('/v1/password-resets', { body: { email: this.email } });
    if (status !== 202) throw new Error(`the reset was answered ${status}`);
    return this.linkToken(before + 1);
  }

  /** What the database knows the address by, as the token in the newest letter says once there are `count`. */
  async addressKey(count = 1): Promise<Uint8Array> {
    return Buffer.from(await this.ownerToken(count), 'base64url').subarray(8, 40);
  }

  /** Registers and activates. */
  async becomeActive(): Promise<Answer> {
    const before = (await this.letters()).length;
    await this.register();
    return this.activate(await this.code(before + 1));
  }
}

/** Another code of the same length. */
export function wrong(code: string): string {
  return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
}
