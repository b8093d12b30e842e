import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AskedBy, type Asker } from '#platform/http/asker';
import { formFields } from '#platform/http/form-fields';
import { FormBody } from '#platform/http/frame-rules';
import { escapeHtml } from '#platform/http/html';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';
import { Problem } from '#platform/problems/problem';

import { RevertEmailChange } from '../profile/revert-email-change.usecase.ts';
import { tokenOf } from './link-token.ts';
import { sendPage } from './page.ts';

const TITLE = 'Was it not you who changed the address?';

/** The page behind the link in the letter to a former address. Opening it changes nothing. */
@ApiExcludeController()
@Controller('letters/email-change-revert')
export class EmailChangeRevertPageController {
  constructor(private readonly revert: RevertEmailChange) {}

  /** Says what the button does. */
  @Get()
  @Public()
  open(@Query('token') token: unknown, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, TITLE, [
      '<p>You came here from a letter about your account. Nothing has been changed by opening this page.</p>',
      '<p>If it was not you who gave the account another address, it can have this one again. All sessions end, the',
      'password is void, and a link to set a new one is mailed to you. For 24 hours after that, your address and how you',
      'log in stay what they are.</p>',
      '<form method="post" action="/letters/email-change-revert">',
      `<input type="hidden" name="token" value="${escapeHtml(tokenOf(token))}">`,
      '<button>Restore my address</button></form>',
    ]);
  }

  /** Does it, like the API does. */
  @Post()
  @Public()
  @FormBody()
  @SourceLimit('links')
  async act(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @AskedBy() asker: Asker): Promise<void> {
    try {
      await this.revert.run(tokenOf(formFields(request.body).get('token')), asker);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'invalid-token') throw error;
      sendPage(reply, 400, TITLE, [
        '<p role="alert">The link was used already, it is too old, or the address belongs to another account.</p>',
      ]);
      return;
    }
    sendPage(reply, 200, 'Your address is restored', ['<p>A letter with a link to set a new password is coming.</p>']);
  }
}
