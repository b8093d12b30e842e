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

import { ConfirmReset } from '../password/confirm-reset.usecase.ts';
import { RequestReset } from '../password/request-reset.usecase.ts';
import { tokenOf } from './link-token.ts';
import { faultsOf, sendPage } from './page.ts';

const TITLE = 'Set a new password';
const ANOTHER = 'Get another link';

/** The page behind the link in a letter to somebody who forgot the password. Opening it changes nothing. */
@ApiExcludeController()
@Controller('letters/password-reset')
export class ResetPageController {
  constructor(
    private readonly confirmation: ConfirmReset,
    private readonly request: RequestReset,
  ) {}

  /** Asks for the new password. */
  @Get()
  @Public()
  open(@Query('token') token: unknown, @Query('owner_token') ownerToken: unknown, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, TITLE, resetForm(tokenOf(token), tokenOf(ownerToken)));
  }

  /** Sets it, like the API does. */
  @Post()
  @Public()
  @FormBody()
  @SourceLimit('links')
  async reset(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @AskedBy() asker: Asker): Promise<void> {
    const form = formFields(request.body);
    const [token, ownerToken] = [tokenOf(form.get('token')), tokenOf(form.get('owner_token'))];
    try {
      await this.confirmation.run({ token, new_password: form.get('new_password') ?? '' }, asker);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'invalid-token') sendPage(reply, 400, ANOTHER, requestForm(ownerToken));
      else if (error.code === 'validation-failed')
        sendPage(reply, 422, TITLE, [...faultsOf(error), ...resetForm(token, ownerToken)]);
      else throw error;
      return;
    }
    sendPage(reply, 200, 'Your password is set', [
      '<p>Everybody who was logged in has to log in again, with the new password.</p>',
    ]);
  }

  /** Mails another link; what strangers asked for does not keep it back. The answer is always the same. */
  @Post('another')
  @Public()
  @FormBody()
  @SourceLimit('password-resets')
  async another(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @AskedBy() asker: Asker): Promise<void> {
    const form = formFields(request.body);
    const ownerToken = tokenOf(form.get('owner_token'));
    try {
      await this.request.run({ email: form.get('email') ?? '', owner_token: ownerToken }, asker);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'validation-failed') throw error;
      sendPage(reply, 422, ANOTHER, [...faultsOf(error), ...requestForm(ownerToken)]);
      return;
    }
    sendPage(reply, 202, 'A letter is on its way', [
      '<p>If there is an account with this address, a letter with a new link is coming to it.</p>',
    ]);
  }
}

function resetForm(token: string, ownerToken: string): readonly string[] {
  return [
    '<p>You came here from a letter. Nothing has been changed by opening this page.</p>',
    '<form method="post" action="/letters/password-reset">',
    hidden('token', token),
    hidden('owner_token', ownerToken),
    '<label>The new password <input name="new_password" type="password" autocomplete="new-password" required></label>',
    '<button>Set the password</button></form>',
  ];
}

function requestForm(ownerToken: string): readonly string[] {
  return [
    '<p role="alert">The link was used, a newer letter has another one, or it is too old.</p>',
    '<form method="post" action="/letters/password-reset/another">',
    hidden('owner_token', ownerToken),
    '<label>E-mail address <input name="email" type="email" autocomplete="email" required></label>',
    '<button>Mail me another link</button></form>',
  ];
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`;
}
