import { Injectable } from '@nestjs/common';

import { changeUser, type AdministeredUser, type UserChanged, type UserField } from '#data/admin';
import { ConstraintViolated, Database } from '#data/database';
import { USERNAME_IS_UNIQUE } from '#data/profile';
import type { LiveSession } from '#data/session';
import { parseDisplayName } from '#domain/display-name';
import type { Asker } from '#platform/http/asker';
import { type EntityTags, revisionsIn } from '#platform/http/entity-tags';
import { Problem } from '#platform/problems/problem';

import { Administrators } from './administrators.ts';
import type { ChangeUserDto } from './change-user.dto.ts';

const FIELDS: readonly UserField[] = ['username', 'display_name', 'locale', 'roles'];

/** PATCH /v1/admin/users/{id}: what an administrator may change of an account, if it is still what they think it is. */
@Injectable()
export class ChangeUser {
  constructor(
    private readonly db: Database,
    private readonly administrators: Administrators,
  ) {}

  async run(
    session: LiveSession,
    userId: string,
    dto: ChangeUserDto,
    condition: EntityTags | undefined,
    asker: Asker,
  ): Promise<AdministeredUser> {
    const { outcome, user } = await this.#change(session, userId, dto, condition, asker);
    this.administrators.count('change_user', outcome);
    if (user) return user;
    throw new Problem(outcome === 'username_taken' ? 'username-taken' : 'precondition-failed');
  }

  async #change(
    session: LiveSession,
    userId: string,
    dto: ChangeUserDto,
    condition: EntityTags | undefined,
    asker: Asker,
  ): Promise<UserChanged | { outcome: 'username_taken'; user?: undefined }> {
    const fields = FIELDS.filter((field) => dto[field] !== undefined);
    const act = await this.administrators.act(session, asker, userId, { fields: fields.join(' ') });
    try {
      return await changeUser(this.db.sql, {
        ...act,
        revisions: revisionsIn(condition, act.accountId),
        fields,
        username: dto.username ?? null,
        displayName: parseDisplayName(dto.display_name ?? '') ?? null,
        locale: dto.locale ?? null,
        roles: dto.roles ?? [],
      });
    } catch (error) {
      if (!(error instanceof ConstraintViolated) || error.constraint !== USERNAME_IS_UNIQUE) throw error;
      return { outcome: 'username_taken' };
    }
  }
}
