import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { findLoginByEmail, findLoginByUsername, logIn, renewPassword, type LoginAccount } from '#data/login';
import { parseEmail } from '#domain/email';
import { parseUsername } from '#domain/username';
import type { Asker } from '#platform/http/asker';
import { Passwords } from '#platform/hashing/passwords';
import { KeyRing } from '#platform/keys/key-ring';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';
import { rateLimited } from '#platform/problems/rate-limited';
import { SessionTokens } from '#platform/tokens/session-tokens';

import { IssueSession } from './issue-session.ts';
import type { LogInDto } from './log-in.dto.ts';
import type { LoginResponse } from './token-response.dto.ts';

/** Who somebody says to be: what failures are counted by, and the account if there is one. */
interface Presented {
  /** The same for a user name as for the address of its account. */
  readonly name: string;
  readonly account: LoginAccount | undefined;
}

/** POST /v1/sessions: one answer, one Argon2id operation and two statements for every reason of refusal. */
@Injectable()
export class LogIn {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly keys: KeyRing,
    private readonly tokens: SessionTokens,
    private readonly issueSession: IssueSession,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_logins_total', 'Log-ins with a password by outcome', ['outcome']);
  }

  async run(dto: LogInDto, { source, requestId }: Asker): Promise<Required<LoginResponse>> {
    const { name, account } = await this.#find(dto);
    const phc = await this.#hash(dto.password, name, account);
    const deviceId = account && this.#deviceOf(dto.device_token ?? undefined, account);
    const wrappedKey = account?.wrappedKey ?? this.keys.wrapNewSubjectKey();
    const { outcome, retryAfter, session } = await logIn(this.db.sql, {
      accountId: account?.accountId ?? this.keys.standInId('account', name),
      credentialVersion: account?.credentialVersion ?? null,
      phc,
      ...this.keys.loginBudgets(name, source),
      deviceBudget: deviceId === undefined ? null : this.keys.budgetKey('device', deviceId),
      deviceName: dto.device_name ?? null,
      requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, { source, ...namedDevice(dto) }) ?? null,
    });
    this.#outcomes.inc({ outcome });
    if (outcome === 'over_limit') throw rateLimited('failed-log-ins', 'Too many failed log-ins.', retryAfter ?? 1);
    if (outcome === 'suspended') throw new Problem('account-suspended');
    if (!session) throw new Problem('invalid-credentials', { reason: outcome });
    if (account) await this.#renewHash(account, phc, dto.password);
    return this.issueSession.run(session, deviceId);
  }

  async #find({ email, username }: LogInDto): Promise<Presented> {
    if (typeof email === 'string' && typeof username !== 'string') {
      const name = parseEmail(email) ?? email;
      return { name, account: await findLoginByEmail(this.db.sql, name) };
    }
    if (typeof username !== 'string' || typeof email === 'string') throw eitherOfTwo();
    const name = parseUsername(username) ?? username;
    const account = await findLoginByUsername(this.db.sql, name);
    return { name: account ? (account.email ?? account.accountId) : `name:${name}`, account };
  }

  #hash(password: string, name: string, account: LoginAccount | undefined): Promise<string> {
    const recipe = account?.recipe ?? this.passwords.standInRecipe(this.keys.standIn('recipe', name));
    return this.passwords.hashWith(password, recipe);
  }

  /** Hashes made at another cost are made anew when their password is at hand. The log-in is done, and does not fail by this. */
  async #renewHash({ accountId, recipe }: LoginAccount, phc: string, password: string): Promise<void> {
    if (recipe === null || this.passwords.hasOwnCost(recipe)) return;
    try {
      await renewPassword(this.db.sql, accountId, phc, await this.passwords.hash(password));
    } catch (error) {
      this.log.warn('hash_not_renewed', { reason: failureWord(error) });
    }
  }

  /** The device that a token names, if it is this account's and not void. */
  #deviceOf(token: string | undefined, { accountId, deviceVersion, at }: LoginAccount): string | undefined {
    const device = token === undefined ? undefined : this.tokens.openDeviceToken(token);
    return device?.sub === accountId && device.ver === deviceVersion && device.exp > at ? device.did : undefined;
  }
}

/** The device, as the user's activity shows it. */
function namedDevice({ device_name }: LogInDto): { device_name?: string } {
  return typeof device_name === 'string' ? { device_name } : {};
}

function eitherOfTwo(): Problem {
  const detail = 'Send either email or username.';
  return new Problem('validation-failed', { errors: [{ pointer: '/email', code: 'either-of-two', detail }] });
}
