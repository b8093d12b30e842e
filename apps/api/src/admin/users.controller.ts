import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import type { AdministeredUser } from '#data/admin';
import type { LiveSession } from '#data/session';
import { AskedBy, type Asker } from '#platform/http/asker';
import { AdminOnly, Session, StepUp } from '#platform/http/bearer';
import { type EntityTags, IfMatch, revisionTag, Tagged } from '#platform/http/entity-tags';
import { IdempotencyKey } from '#platform/http/idempotency-key';
import { MERGE_PATCH } from '#platform/http/json-body';
import { Problems } from '#platform/http/problems';
import { SourceLimit } from '#platform/limits/source-limit';

import { ErasureReceipt } from '../account-deletion/erasure.dto.ts';
import { ChangeUserDto } from './change-user.dto.ts';
import { ChangeUser } from './change-user.usecase.ts';
import { EndUserSessions } from './end-user-sessions.usecase.ts';
import { EraseUser } from './erase-user.usecase.ts';
import { ListUsers } from './list-users.usecase.ts';
import { OptionalReasonDto, SuspendUserDto } from './reason.dto.ts';
import { ReinstateUser } from './reinstate-user.usecase.ts';
import { SuspendUser } from './suspend-user.usecase.ts';
import { detailsOf, UserDetails, UserPage, UsersQuery } from './users.dto.ts';

/** The users, for administrators. Whatever is shown or changed leaves a trace, which the user concerned sees. */
@ApiTags('administration')
@Controller('v1/admin/users')
export class UsersController {
  constructor(
    private readonly listing: ListUsers,
    private readonly change: ChangeUser,
    private readonly suspension: SuspendUser,
    private readonly reinstatement: ReinstateUser,
    private readonly ending: EndUserSessions,
    private readonly erasing: EraseUser,
  ) {}

  /** Users, the newest first. Whoever is shown is told so. */
  @Get()
  @AdminOnly()
  @SourceLimit('admin')
  @Problems('validation-failed')
  listUsers(@Session() session: LiveSession, @Query() query: UsersQuery, @AskedBy() asker: Asker): Promise<UserPage> {
    return this.listing.page(session, query, asker);
  }

  /** One user, who is told so. */
  @Get(':id')
  @AdminOnly()
  @SourceLimit('admin')
  @Problems('not-found')
  @Tagged()
  async viewUser(
    @Session() session: LiveSession,
    @Param('id') id: string,
    @AskedBy() asker: Asker,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDetails> {
    return tagged(reply, await this.listing.one(session, id, asker));
  }

  /** Changes the fields that are sent, and takes back those that are null (RFC 7396). The last administrator stays one. */
  @Patch(':id')
  @AdminOnly()
  @StepUp()
  @SourceLimit('admin')
  @Problems('not-found', 'username-taken', 'last-admin', 'precondition-failed')
  @Tagged()
  @ApiConsumes('application/json', MERGE_PATCH)
  async changeUser(
    @Session() session: LiveSession,
    @Param('id') id: string,
    @Body() dto: ChangeUserDto,
    @IfMatch() condition: EntityTags | undefined,
    @AskedBy() asker: Asker,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDetails> {
    return tagged(reply, await this.change.run(session, id, dto, condition, asker));
  }

  /**
   * Erases a user's account at once and for good. The receipt proves it to anybody; what tells that it is about this
   * account is mailed to the user alone.
   */
  @Delete(':id')
  @AdminOnly()
  @StepUp()
  @SourceLimit('admin')
  @Problems('not-found', 'last-admin')
  eraseUser(
    @Session() session: LiveSession,
    @Param('id') id: string,
    @AskedBy() asker: Asker,
  ): Promise<ErasureReceipt> {
    return this.erasing.run(session, id, asker);
  }

  /** Suspends a user. All sessions end, and no log-in opens another one until the suspension is over. */
  @Post(':id/suspension')
  @AdminOnly()
  @StepUp()
  @HttpCode(204)
  @SourceLimit('admin')
  @Problems('not-found', 'last-admin', 'idempotency-conflict')
  suspendUser(
    @Session() session: LiveSession,
    @Param('id') id: string,
    @Body() dto: SuspendUserDto,
    @AskedBy() asker: Asker,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<void> {
    return this.suspension.run(session, id, dto, asker, idempotencyKey);
  }

  /** Ends the suspension of a user, who may log in again. Without a suspension there is nothing to end. */
  @Delete(':id/suspension')
  @AdminOnly()
  @StepUp()
  @HttpCode(204)
  @SourceLimit('admin')
  @Problems('not-found')
  @ApiBody({ type: OptionalReasonDto, required: false })
  reinstateUser(
    @Session() session: LiveSession,
    @Param('id') id: string,
    @Body() dto: OptionalReasonDto,
    @AskedBy() asker: Asker,
  ): Promise<void> {
    return this.reinstatement.run(session, id, dto, asker);
  }

  /** Ends all sessions of a user. */
  @Delete(':id/sessions')
  @AdminOnly()
  @StepUp()
  @HttpCode(204)
  @SourceLimit('admin')
  @Problems('not-found')
  @ApiBody({ type: OptionalReasonDto, required: false })
  endUserSessions(
    @Session() session: LiveSession,
    @Param('id') id: string,
    @Body() dto: OptionalReasonDto,
    @AskedBy() asker: Asker,
  ): Promise<void> {
    return this.ending.run(session, id, dto, asker);
  }
}

/** The tag is that of the user's own view: what an administrator sees besides does not change it. */
function tagged(reply: FastifyReply, user: AdministeredUser): UserDetails {
  reply.header('etag', revisionTag(user.accountId, user.revision));
  return detailsOf(user);
}
