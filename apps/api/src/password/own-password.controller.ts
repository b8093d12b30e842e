import { Body, Controller, HttpCode, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import type { LiveSession } from '#data/session';
import { AskedBy, type Asker } from '#platform/http/asker';
import { Session, StepUp } from '#platform/http/bearer';
import { HashesPassword } from '#platform/http/frame-rules';
import { Problems } from '#platform/http/problems';
import { SourceLimit } from '#platform/limits/source-limit';

import { ChangePasswordDto } from './change-password.dto.ts';
import { ChangePassword } from './change-password.usecase.ts';

/** The password of the user. */
@ApiTags('passwords')
@Controller('v1/me/password')
export class OwnPasswordController {
  constructor(private readonly change: ChangePassword) {}

  /** Sets a new password. All other sessions of the user end. */
  @Put()
  @StepUp()
  @HttpCode(204)
  @SourceLimit('password-changes')
  @HashesPassword()
  @Problems('invalid-credentials', 'validation-failed')
  put(@Session() session: LiveSession, @Body() dto: ChangePasswordDto, @AskedBy() asker: Asker): Promise<void> {
    return this.change.run(session, dto, asker);
  }
}
