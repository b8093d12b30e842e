import { Controller, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { CODE_PATTERN } from '#domain/code';
import { parseEmail } from '#domain/email';
import { AskedBy, type Asker } from '#platform/http/asker';
import { formFields } from '#platform/http/form-fields';
import { FormBody } from '#platform/http/frame-rules';
import { escapeHtml } from '#platform/http/html';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';
import { Problem } from '#platform/problems/problem';

import { Activate } from '../verification/activate.usecase.ts';
import { sendPage } from './page.ts';

const TITLE = 'A code is on its way';
const REFUSED = 'The code or the password is not right, or the time is over.';

/** Where an owner who registered on the page of the letter sends the code, so that no other client is needed. */
@ApiExcludeController()
@Controller('letters/owner/activation')
export class OwnerActivationController {
  constructor(private readonly activation: Activate) {}

  /** Activates with address, password and code, like the API does. */
  @Post()
  @Public()
  @FormBody()
  @SourceLimit('activation')
  async activate(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @AskedBy() asker: Asker): Promise<void> {
    const form = formFields(request.body);
    const credentials = { email: form.get('email') ?? '', password: form.get('password') ?? '' };
    const code = form.get('code')?.trim() ?? '';
    // The page had it from an address that was well-formed.
    if (parseEmail(credentials.email) === undefined) {
      sendCodePage(reply, 422, '', REFUSED);
      return;
    }
    if (!CODE_PATTERN.test(code)) {
      sendCodePage(reply, 422, credentials.email, 'The code is the 4 to 8 digits in the letter.');
      return;
    }
    try {
      await this.activation.run(credentials, { code }, asker);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'activation-failed') throw error;
      // A 401 would have to name credentials of HTTP (RFC 9110, 15.5.2), and the browser would ask for them.
      sendCodePage(reply, 422, credentials.email, REFUSED);
      return;
    }
    sendPage(reply, 200, 'The address is yours', ['<p>It is confirmed, and you have an account.</p>']);
  }
}

/** The page that asks for the code of a registration; `fault` tells what was wrong with the last one. */
export function sendCodePage(reply: FastifyReply, status: number, email: string, fault?: string): void {
  sendPage(reply, status, TITLE, [
    fault === undefined
      ? '<p>If the link was still valid, the address is now claimed with your password, and a letter with a code is coming.</p>'
      : `<p role="alert">${escapeHtml(fault)}</p>`,
    '<form method="post" action="/letters/owner/activation">',
    `<input type="hidden" name="email" value="${escapeHtml(email)}">`,
    '<label>The code <input name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{4,8}" required></label>',
    '<label>Your password <input name="password" type="password" autocomplete="current-password" required></label>',
    '<button>Confirm</button></form>',
  ]);
}
