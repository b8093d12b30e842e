import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { AskedBy, type Asker } from '#platform/http/asker';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';

import { NotMeDto } from './not-me.dto.ts';
import { NotMe } from './not-me.usecase.ts';

/** What the readers of security notices may do. */
@ApiTags('security')
@Controller('v1/security/not-me')
export class NotMeController {
  constructor(private readonly notMe: NotMe) {}

  /** Somebody else was at the account: all sessions end, the password is void, and a link to set a new one is mailed. */
  @Post()
  @Public()
  @HttpCode(204)
  @SourceLimit('links')
  @Problems('invalid-token')
  take(@Body() { token }: NotMeDto, @AskedBy() asker: Asker): Promise<void> {
    return this.notMe.run(token, asker);
  }
}
