import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { AskedBy, type Asker } from '#platform/http/asker';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';

import { RevertEmailChangeDto } from './revert-email-change.dto.ts';
import { RevertEmailChange } from './revert-email-change.usecase.ts';

/** What the readers of the former address may do. */
@ApiTags('profile')
@Controller('v1/email-change/revert')
export class EmailChangeRevertController {
  constructor(private readonly revert: RevertEmailChange) {}

  /** Restores the address that the letter went to. All sessions end, the password is void, and a link to set one is mailed. */
  @Post()
  @Public()
  @HttpCode(204)
  @SourceLimit('links')
  @Problems('invalid-token')
  revertEmailChange(@Body() { token }: RevertEmailChangeDto, @AskedBy() asker: Asker): Promise<void> {
    return this.revert.run(token, asker);
  }
}
