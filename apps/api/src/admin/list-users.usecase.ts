import { Injectable } from '@nestjs/common';

import { listUsers, viewUser, type AdministeredUser } from '#data/admin';
import { Database } from '#data/database';
import type { LiveSession } from '#data/session';
import { parseEmail } from '#domain/email';
import type { Asker } from '#platform/http/asker';
import { pageAnswer, pageWanted } from '#platform/http/paging';
import { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

import { Administrators } from './administrators.ts';
import { detailsOf, type UserPage, type UsersQuery } from './users.dto.ts';

/** GET /v1/admin/users and below it: whoever is shown is told so by an event, in the statement that reads. */
@Injectable()
export class ListUsers {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly administrators: Administrators,
  ) {}

  /** A page of users, the newest first. */
  async page(session: LiveSession, query: UsersQuery, asker: Asker): Promise<UserPage> {
    const wanted = { ...pageWanted(this.keys, 'users', query), email: emailOf(query), status: query.status ?? null };
    const page = await listUsers(this.db.sql, this.administrators.by(session, asker), wanted);
    this.administrators.count('list_users', 'done');
    return pageAnswer(this.keys, 'users', page, ({ accountId }) => accountId, detailsOf);
  }

  /** One user; `not-found` when there is none. */
  async one(session: LiveSession, userId: string, asker: Asker): Promise<AdministeredUser> {
    const accountId = this.administrators.userId(userId);
    const user = await viewUser(this.db.sql, this.administrators.by(session, asker), accountId);
    this.administrators.count('view_user', user ? 'done' : 'no_user');
    if (!user) throw new Problem('not-found', { reason: 'no_user' });
    return user;
  }
}

function emailOf({ email: text }: UsersQuery): string | null {
  const email = text === undefined ? null : parseEmail(text);
  if (email !== undefined) return email;
  const detail = 'This is no e-mail address that an account can have.';
  throw new Problem('validation-failed', { errors: [{ pointer: '/email', code: 'email', detail }] });
}
