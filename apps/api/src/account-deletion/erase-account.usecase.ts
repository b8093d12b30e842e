import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import {
  eraseAccount,
  findErasable,
  type ErasableAccount,
  type ErasedCount,
  type ErasureOrder,
  type ErasureOutcome,
} from '#data/deletion';
import type { LiveSession } from '#data/session';
import {
  ERASED_CLASSES,
  RETAINED,
  retainedAfter,
  type ErasedBy,
  type Farewell,
  type ReceiptOpening,
} from '#domain/retention';
import { Config } from '#platform/config/config';
import type { Asker } from '#platform/http/asker';
import { bearerProblem } from '#platform/http/bearer';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';
import { DeletionReceipts } from '#platform/tokens/deletion-receipts';

import { LetterSender } from '../letters/letter-sender.ts';

/** Who wants an account erased: its user in a session, an administrator, or its user some days ago. */
export type ErasureCause = { readonly session: LiveSession } | { readonly administrator: LiveSession } | 'schedule';

/** What an erasure came to. */
export interface Erased {
  /** The proof, for anybody. */
  readonly receipt: string;
  /** Opens the commitment of the receipt: for the user alone. */
  readonly opening: ReceiptOpening;
  readonly erased: readonly ErasedCount[];
  readonly retained: readonly { readonly class: string; readonly reason: string; readonly until: Date }[];
}

/** An erasure that was judged. */
export type JudgedErasure =
  | { readonly outcome: 'erased'; readonly erasure: Erased }
  | { readonly outcome: Exclude<ErasureOutcome, 'erased' | 'changed'> };

/** What is promised before anything is erased. */
interface Promised extends Omit<Erased, 'erased'> {
  /** As `retained`, for the letter. */
  readonly farewell: Farewell['retained'];
}

/** What an order holds of former addresses. */
type FormerPart = 'revertTokens' | 'formerFarewells';

/** So often an order is made anew because the account was changed meanwhile; each time somebody else has got on. */
const MOST_ORDERS = 10;

/** Erases an account in one transaction, and proves it: whoever asks, there is one way to go. */
@Injectable()
export class EraseAccount {
  readonly #outcomes;

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly receipts: DeletionReceipts,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_account_deletions_total', 'Erasures of accounts by cause and outcome', [
      'by',
      'outcome',
    ]);
  }

  /** Throws the problem of what is in the way. The answer to anybody but the user must not hold the opening. */
  async run(accountId: string, cause: ErasureCause, asker: Asker): Promise<Erased> {
    const judged = await this.judge(accountId, cause, asker);
    if (judged.outcome === 'erased') return judged.erasure;
    throw problemOf(judged.outcome, byOf(cause) === 'user');
  }

  /** The same, with what is in the way as a value. Nobody asks when the time has come that a user chose. */
  async judge(accountId: string, cause: ErasureCause, asker?: Asker): Promise<JudgedErasure> {
    const judged = await this.#judge(accountId, cause, asker);
    this.#outcomes.inc({ by: byOf(cause), outcome: judged.outcome });
    if (judged.outcome === 'erased') this.sender.wake();
    return judged;
  }

  async #judge(accountId: string, cause: ErasureCause, asker?: Asker): Promise<JudgedErasure> {
    let email = isOfUser(cause) ? cause.session.email : null;
    for (let orders = 0; orders < MOST_ORDERS; orders++) {
      const account = await findErasable(this.db.sql, accountId, email === null ? null : this.keys.addressKey(email));
      if (!account) return { outcome: 'gone' };
      const isAsExpected = account.email === email;
      ({ email } = account);
      // The ledger was asked about another address.
      if (!isAsExpected) continue;
      const promised = this.#promise(accountId, account);
      const former = this.#farewellsToFormer(account, promised, byOf(cause));
      const order = { ...this.#order(account, promised, cause, asker), ...former };
      const { outcome, erased } = await eraseAccount(this.db.sql, order);
      if (outcome === 'erased') return { outcome, erasure: { ...promised, erased } };
      if (outcome !== 'changed') return { outcome };
    }
    throw new Problem('overloaded', { reason: 'account_keeps_changing', headers: { 'retry-after': '1' } });
  }

  // Signed before the statement: nothing leaves the process in a transaction.
  #promise(accountId: string, { at, email, salt, commitment, strikesUntil }: ErasableAccount): Promised {
    const ends = { accessTokenSeconds: this.config.accessTokenSeconds, strikesUntil };
    const kept = retainedAfter(at, ends).filter(({ kind }) => kind !== 'letter' || email !== null);
    const retained = kept.map(({ kind, until }) => ({ ...RETAINED[kind], until }));
    return {
      receipt: this.receipts.sign({ at, commitment, erased: ERASED_CLASSES, retained }),
      opening: { account_id: accountId, salt: Buffer.from(salt).toString('base64url') },
      retained,
      farewell: kept.map(({ kind, until }) => ({ kind, until: until.toISOString() })),
    };
  }

  // Without the opening: who reads the mail of a former address may be somebody else by now.
  #farewellsToFormer(
    { email, locale, wrappedKey, former }: ErasableAccount,
    { receipt, farewell }: Promised,
    by: ErasedBy,
  ): Pick<ErasureOrder, FormerPart> {
    const note = JSON.stringify({ by, retained: farewell, receipt } satisfies Farewell);
    const addresses = former
      .map(({ sealedAddress }) => this.keys.openAddress(wrappedKey, sealedAddress))
      .filter((address) => address !== undefined)
      .filter((address) => address !== email);
    return {
      revertTokens: former.map(({ tokenId }) => tokenId),
      formerFarewells: [...new Set(addresses)].map((address) => ({
        addressKey: this.keys.addressKey(address),
        envelope: this.keys.sealEnvelope({ email: address, locale, note }),
      })),
    };
  }

  #order(
    { email, locale, username, at }: ErasableAccount,
    { receipt, opening, farewell }: Promised,
    cause: ErasureCause,
    asker?: Asker,
  ): Omit<ErasureOrder, FormerPart> {
    const accountId = opening.account_id;
    const sessionId = isOfUser(cause) ? cause.session.sessionId : null;
    const note: Farewell = { by: byOf(cause), retained: farewell, receipt, opening };
    const name = email ?? accountId;
    const budgets = asker && isOfUser(cause) ? this.keys.loginBudgets(name, asker.source) : undefined;
    return {
      accountId,
      email,
      addressKey: email === null ? null : this.keys.addressKey(email),
      plannedAt: at,
      sessionId,
      adminSessionId: typeof cause === 'object' && 'administrator' in cause ? cause.administrator.sessionId : null,
      addressBudget: this.keys.budgetKey('address', name),
      sourceBudget: budgets?.sourceBudget ?? null,
      nameBudget: username === null ? null : this.keys.budgetKey('address', `name:${username}`),
      sessionBudget: sessionId === null ? null : this.keys.budgetKey('reauthentication', accountId, sessionId),
      requestId: asker?.requestId ?? null,
      envelope: email === null ? null : this.keys.sealEnvelope({ email, locale, note: JSON.stringify(note) }),
    };
  }
}

function isOfUser(cause: ErasureCause): cause is { readonly session: LiveSession } {
  return typeof cause === 'object' && 'session' in cause;
}

function byOf(cause: ErasureCause): ErasedBy {
  if (cause === 'schedule') return cause;
  return isOfUser(cause) ? 'user' : 'administrator';
}

function problemOf(outcome: Exclude<JudgedErasure['outcome'], 'erased'>, isUser: boolean): Problem {
  switch (outcome) {
    case 'gone':
    case 'not_due':
    case 'busy':
    case 'session_over':
      return isUser
        ? bearerProblem('session-revoked', outcome, 'invalid_token')
        : new Problem('not-found', { reason: outcome });
    case 'no_admin':
      return new Problem('forbidden', { reason: outcome });
    case 'frozen':
      return new Problem('changes-frozen');
    case 'last_admin':
      return new Problem('last-admin');
  }
}
