import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { LONGEST_MUTE_DAYS } from '#domain/quota';
import { AskedBy, type Asker } from '#platform/http/asker';
import { formFields } from '#platform/http/form-fields';
import { FormBody } from '#platform/http/frame-rules';
import { escapeHtml } from '#platform/http/html';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';
import { Problem } from '#platform/problems/problem';

import { MuteRegistration } from '../registration/mute-registration.usecase.ts';
import { Register } from '../registration/register.usecase.ts';
import { tokenOf } from './link-token.ts';
import { sendCodePage } from './owner-activation.controller.ts';
import { faultsOf, sendPage } from './page.ts';

const TITLE = 'This is your e-mail address';

/** The page behind the link in a letter of registration, for the owner of the mailbox. Opening it changes nothing. */
@ApiExcludeController()
@Controller('letters/owner')
export class OwnerPageController {
  constructor(
    private readonly registration: Register,
    private readonly mute: MuteRegistration,
  ) {}

  /** Explains what happened and offers what the owner may do. */
  @Get()
  @Public()
  open(@Query('owner_token') token: unknown, @Res() reply: FastifyReply): void {
    sendPage(reply, 200, TITLE, bodyOf(tokenOf(token)));
  }

  /** Does what a button of the page says. */
  @Post()
  @Public()
  @FormBody()
  @SourceLimit('registrations')
  async act(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @AskedBy() asker: Asker): Promise<void> {
    const form = formFields(request.body);
    const token = tokenOf(form.get('owner_token'));
    switch (form.get('act')) {
      case 'mute':
        await this.mute.run(token, LONGEST_MUTE_DAYS);
        sendPage(reply, 200, 'Muted', [`<p>No letters of registration will come for ${LONGEST_MUTE_DAYS} days.</p>`]);
        break;
      case 'unmute':
        await this.mute.run(token, 0);
        sendPage(reply, 200, 'No longer muted', ['<p>Letters of registration will come again.</p>']);
        break;
      case 'register':
        await this.#register(form, token, asker, reply);
        break;
      default:
        sendPage(reply, 422, TITLE, bodyOf(token));
    }
  }

  async #register(form: ReadonlyMap<string, string>, token: string, asker: Asker, reply: FastifyReply): Promise<void> {
    const dto = { email: form.get('email') ?? '', password: form.get('password') ?? '', owner_token: token };
    try {
      await this.registration.run(dto, asker);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'validation-failed') throw error;
      sendPage(reply, 422, TITLE, [...faultsOf(error), ...bodyOf(token)]);
      return;
    }
    sendCodePage(reply, 202, dto.email);
  }
}

function bodyOf(token: string): readonly string[] {
  const hidden = `<input type="hidden" name="owner_token" value="${escapeHtml(token)}">`;
  const act = (name: string, text: string): string => `<button name="act" value="${name}">${text}</button>`;
  return [
    '<p>You came here from a letter about a registration with your e-mail address. Nothing has been changed by opening',
    'this page. If you did not register and do not want to, you need not do anything.</p>',
    `<form method="post" action="/letters/owner">${hidden}<h2>Register it yourself</h2>`,
    '<p>Your registration takes the place of anybody else’s. A code will be mailed to you.</p>',
    '<label>E-mail address <input name="email" type="email" autocomplete="email" required></label>',
    '<label>A new password <input name="password" type="password" autocomplete="new-password" required></label>',
    `${act('register', 'Register')}</form>`,
    `<form method="post" action="/letters/owner">${hidden}<h2>Get no more of these letters</h2>`,
    `${act('mute', `Mute for ${LONGEST_MUTE_DAYS} days`)} ${act('unmute', 'End the muting')}</form>`,
  ];
}
