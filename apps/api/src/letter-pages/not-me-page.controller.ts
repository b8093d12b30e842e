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

import { NotMe } from '../password/not-me.usecase.ts';
import { tokenOf } from './link-token.ts';
import { sendPage } from './page.ts';

const TITLE = 'Was it not you?';

/** The page behind the link in a security notice. Opening it changes nothing. */
@ApiExcludeController()
@Controller('letters/not-me')
export class NotMePageController {
  constructor(private readonly notMe: NotMe) {}

  /** Says what the button does. */
  @Get()
  @Public()
  open(@Query('token') token: unknown, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, TITLE, [
      '<p>You came here from a letter about your account. Nothing has been changed by opening this page.</p>',
      '<p>If what the letter tells was not you, all sessions can be ended and the password made void, and a link to set a',
      'new one is mailed to you. For 24 hours after that, your address and how you log in stay what they are.</p>',
      '<form method="post" action="/letters/not-me">',
      `<input type="hidden" name="token" value="${escapeHtml(tokenOf(token))}">`,
      '<button>It was not me</button></form>',
    ]);
  }

  /** Does it, like the API does. */
  @Post()
  @Public()
  @FormBody()
  @SourceLimit('links')
  async act(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @AskedBy() asker: Asker): Promise<void> {
    try {
      await this.notMe.run(tokenOf(formFields(request.body).get('token')), asker);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'invalid-token') throw error;
      sendPage(reply, 400, TITLE, ['<p role="alert">The link was used already, or it is too old.</p>']);
      return;
    }
    sendPage(reply, 200, 'All sessions have ended', ['<p>A letter with a link to set a new password is coming.</p>']);
  }
}
