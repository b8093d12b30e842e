import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import type { LiveSession } from '#data/session';
import { Session } from '#platform/http/bearer';
import { Problems } from '#platform/http/problems';

import { User, userOf } from './user.dto.ts';

/** What users see of themselves. */
@ApiTags('profile')
@Controller('v1/me')
export class ProfileController {
  /** The user behind the access token. The guard has read it already. */
  @Get()
  @Problems()
  me(@Session() session: LiveSession): User {
    return userOf(session.email, session);
  }
}
