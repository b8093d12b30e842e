import { Injectable } from '@nestjs/common';

import { ConstraintViolated, Database } from '#data/database';
import { changeProfile, USERNAME_IS_UNIQUE, type ProfileField } from '#data/profile';
import type { LiveSession, SessionAccount } from '#data/session';
import { isBirthdate } from '#domain/birthdate';
import { parseDisplayName } from '#domain/display-name';
import { bearerProblem } from '#platform/http/bearer';
import { revisionsIn, type EntityTags } from '#platform/http/entity-tags';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import type { ChangeProfileDto } from './change-profile.dto.ts';

const FIELDS: readonly ProfileField[] = ['username', 'display_name', 'birthdate', 'locale'];

/** PATCH /v1/me: what users say of themselves, if it is still what they think it is. */
@Injectable()
export class ChangeProfile {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_profile_changes_total', 'Changes of a profile by outcome', ['outcome']);
  }

  async run(session: LiveSession, dto: ChangeProfileDto, condition: EntityTags | undefined): Promise<SessionAccount> {
    refuseFuture(dto.birthdate, session);
    const { outcome, account } = await this.#change(session, dto, condition);
    this.#outcomes.inc({ outcome });
    if (account) return account;
    if (outcome === 'session_over') throw bearerProblem('session-revoked', outcome, 'invalid_token');
    throw new Problem('precondition-failed');
  }

  async #change(session: LiveSession, dto: ChangeProfileDto, condition: EntityTags | undefined) {
    try {
      return await changeProfile(this.db.sql, {
        accountId: session.accountId,
        sessionId: session.sessionId,
        revisions: revisionsIn(condition, session.accountId),
        fields: FIELDS.filter((field) => dto[field] !== undefined),
        username: dto.username ?? null,
        displayName: parseDisplayName(dto.display_name ?? '') ?? null,
        birthdate: dto.birthdate ?? null,
        locale: dto.locale ?? null,
      });
    } catch (error) {
      if (!(error instanceof ConstraintViolated) || error.constraint !== USERNAME_IS_UNIQUE) throw error;
      this.#outcomes.inc({ outcome: 'username_taken' });
      throw new Problem('username-taken');
    }
  }
}

function refuseFuture(birthdate: string | null | undefined, { at }: LiveSession): void {
  const today = new Date(at * 1_000).toISOString().slice(0, 10);
  if (typeof birthdate !== 'string' || isBirthdate(birthdate, today)) return;
  const detail = 'birthdate must not lie in the future';
  throw new Problem('validation-failed', { errors: [{ pointer: '/birthdate', code: 'birthdate', detail }] });
}
