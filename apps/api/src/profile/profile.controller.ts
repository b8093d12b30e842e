import { Body, Controller, Get, Patch, Res } from '@nestjs/common';
import { ApiConsumes, ApiNotModifiedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import type { LiveSession } from '#data/session';
import { Session } from '#platform/http/bearer';
import { IfMatch, IfNoneMatch, isNamedIn, revisionTag, Tagged, type EntityTags } from '#platform/http/entity-tags';
import { MERGE_PATCH } from '#platform/http/json-body';
import { Problems } from '#platform/http/problems';
import { SourceLimit } from '#platform/limits/source-limit';

import { ChangeProfileDto } from './change-profile.dto.ts';
import { ChangeProfile } from './change-profile.usecase.ts';
import { User, userOf } from './user.dto.ts';

/** What users see of themselves, and change of it. */
@ApiTags('profile')
@Controller('v1/me')
export class ProfileController {
  constructor(private readonly change: ChangeProfile) {}

  /** The user behind the access token. The guard has read it already. */
  @Get()
  @Problems()
  @Tagged()
  @ApiOkResponse({ type: User })
  @ApiNotModifiedResponse({ description: 'Nothing has changed.' })
  me(
    @Session() session: LiveSession,
    @IfNoneMatch() known: EntityTags | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): User | undefined {
    const tag = revisionTag(session.accountId, session.revision);
    reply.header('etag', tag);
    if (!isNamedIn(known, tag)) return userOf(session.email, session);
    reply.status(304);
    return undefined;
  }

  /** Changes the fields that are sent, and takes back those that are null (RFC 7396). No field is ever required. */
  @Patch()
  @SourceLimit('profile-changes')
  @Problems('username-taken', 'precondition-failed')
  @Tagged()
  @ApiConsumes('application/json', MERGE_PATCH)
  async changeProfile(
    @Session() session: LiveSession,
    @Body() dto: ChangeProfileDto,
    @IfMatch() condition: EntityTags | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    const account = await this.change.run(session, dto, condition);
    reply.header('etag', revisionTag(account.accountId, account.revision));
    return userOf(account.email, account);
  }
}
