import { randomBytes } from 'node:crypto';

import {
  confirmEmailChange,
  findEmailChange,
  requestEmailChange,
  revertEmailChange,
  type EmailChangeRequest,
} from '#data/email-change';
import { logIn } from '#data/login';

import { Claims, keyOf, phcOf } from './claims.ts';
import type { TestDatabase } from './fresh-database.ts';

/** The hash of every password that says nothing else, as of a claim. */
const PHC = phcOf('aGFzaGhhc2g');

/** An account with a session. */
export interface Mover {
  readonly email: string;
  readonly accountId: string;
  readonly sessionId: string;
}

/** Changes of address, without what stands before the database. */
export class Moves {
  readonly #claims: Claims;

  constructor(private readonly db: TestDatabase) {
    this.#claims = new Claims(db);
  }

  async account(email: string): Promise<Mover> {
    const { account } = await this.#claims.activate(email, await this.#claims.claim(email));
    const accountId = account?.accountId ?? '';
    return { email, accountId, sessionId: (await this.logIn(accountId)) ?? '' };
  }

  /** Resolves to the id of the session; undefined when it is refused. */
  async logIn(accountId: string, credentialVersion: number | null = null): Promise<string | undefined> {
    const { session } = await logIn(this.db.sql, {
      accountId,
      credentialVersion,
      phc: PHC,
      addressBudget: randomBytes(32),
      sourceBudget: randomBytes(32),
      deviceBudget: null,
      deviceName: null,
      requestId: 'r',
      sealedDetails: null,
    });
    return session?.sessionId;
  }

  async request(of: Mover, email: string, more: Partial<EmailChangeRequest> = {}): Promise<string> {
    const { outcome } = await requestEmailChange(this.db.sql, {
      ...of,
      accountKey: keyOf(of.accountId),
      email,
      addressKey: keyOf(email),
      sealedAddress: Buffer.from(email),
      keyId: 'k',
      envelope: randomBytes(8),
      requestId: 'r',
      sealedDetails: null,
      ...more,
    });
    return outcome;
  }

  /** The id of the change that waits; an id that no change has when there is none. */
  async changeOf({ accountId }: Mover): Promise<string> {
    return (await findEmailChange(this.db.sql, accountId))?.changeId ?? '01a20d96-fc7a-7d2f-a487-006739ba91f0';
  }

  async confirm(of: Mover, changeId: string, email: string, codeIsRight = true): Promise<string> {
    const { outcome } = await confirmEmailChange(this.db.sql, {
      ...of,
      accountKey: keyOf(of.accountId),
      changeId,
      codeIsRight,
      email,
      emailKey: keyOf(email),
      formerEmail: of.email,
      sealedFormer: Buffer.from(of.email),
      addressKey: keyOf(of.email),
      envelope: randomBytes(8),
      requestId: 'r',
      sealedDetails: null,
    });
    return outcome;
  }

  /** Asks and confirms; resolves to the id of the token that takes it back. Throws when the address was not changed. */
  async move(of: Mover, email: string): Promise<string> {
    await this.request(of, email);
    const outcome = await this.confirm(of, await this.changeOf(of), email);
    if (outcome !== 'changed') throw new Error(outcome);
    return this.newestToken(of);
  }

  /** The id of the newest token that takes a change back. */
  async newestToken({ accountId }: Mover): Promise<string> {
    const [token] = await this.db.owner<{ id: string }[]>`
      select id from account_token where account_id = ${accountId}::uuid and purpose = 'email_change_revert'
       order by expires_at desc limit 1`;
    return token?.id ?? '';
  }

  revert({ accountId }: Mover, tokenId: string, email: string): Promise<string> {
    return revertEmailChange(this.db.sql, {
      accountId,
      tokenId,
      accountKey: keyOf(accountId),
      email,
      addressKey: keyOf(email),
      envelope: randomBytes(8),
      requestId: 'r',
      sealedDetails: null,
    });
  }
}
