import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { escapeHtml } from '#platform/http/html';
import { Public } from '#platform/http/public';
import { varyBy } from '#platform/http/vary';
import { Unlimited } from '#platform/limits/source-limit';
import { DevMailbox, type KeptLetter } from '#platform/mail/dev-mailbox';
import { Problem } from '#platform/problems/problem';

const LOOPBACK_PEER = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** The letters of development, for whoever sits at this machine. */
@ApiExcludeController()
@Public()
@Controller('dev')
export class DevMailboxController {
  constructor(private readonly mailbox: DevMailbox) {}

  /** The letters as JSON, oldest first; `to` narrows them to one address. */
  @Get('mailbox.json')
  @Unlimited()
  json(@Req() request: FastifyRequest, @Query('to') to?: string): { readonly letters: readonly KeptLetter[] } {
    refuseStrangers(request);
    return { letters: this.mailbox.letters(to) };
  }

  /** The letters as a page, newest first; as JSON for whoever asks for that. */
  @Get('mailbox')
  @Unlimited()
  page(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Query('to') to?: string): void {
    refuseStrangers(request);
    varyBy(reply, 'accept');
    const letters = this.mailbox.letters(to);
    if (request.headers.accept?.includes('application/json')) {
      reply.send({ letters });
      return;
    }
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .header('referrer-policy', 'no-referrer')
      .send(pageOf(letters));
  }
}

/** Letters hold codes: nobody reads them from elsewhere, through a proxy, or by a name that was made to point here. */
function refuseStrangers({ socket, headers }: FastifyRequest): void {
  const isNear = LOOPBACK_PEER.test(socket.remoteAddress ?? '') && LOOPBACK_HOST.test(headers.host ?? '');
  if (!isNear || FORWARDING.some((name) => headers[name] !== undefined)) throw new Problem('not-found');
}

function pageOf(letters: readonly KeptLetter[]): string {
  const list = [...letters].reverse().map(letterOf).join('\n');
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    '<meta name="color-scheme" content="light dark"><title>Development mailbox</title><style>',
    'body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}',
    'article{border:1px solid #8884;border-radius:8px;padding:0 1rem;margin:1rem 0}',
    'time{white-space:nowrap}pre{white-space:pre-wrap;overflow-wrap:anywhere}</style></head><body>',
    '<h1>Development mailbox</h1>',
    '<p>Letters stay here, in memory, while SMTP_URL is unset. Load the page again to see new ones.</p>',
    list === '' ? '<p>No letters yet.</p>' : list,
    '</body></html>',
  ].join('\n');
}

function letterOf({ to, subject, text, receivedAt }: KeptLetter): string {
  return [
    `<article><h2>${escapeHtml(subject)}</h2>`,
    `<p>To ${escapeHtml(to)}, <time>${escapeHtml(receivedAt)}</time></p>`,
    `<pre>${withLinks(escapeHtml(text))}</pre></article>`,
  ].join('\n');
}

/** Makes the addresses in escaped text links. An ampersand is the one escaped character that an address may hold. */
function withLinks(html: string): string {
  return html.replace(/\bhttps?:\/\/(?:&#38;|[^\s&])+/g, '<a href="$&">$&</a>');
}
