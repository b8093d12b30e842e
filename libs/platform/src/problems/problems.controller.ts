import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { Config } from '#platform/config/config';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { varyBy } from '#platform/http/vary';

import { Problem, PROBLEMS, type ProblemCode } from './problem.ts';

/** What a problem means and what to do about it: where the `type` of every problem leads. */
@ApiTags('about')
@Controller('problems')
export class ProblemsController {
  constructor(private readonly config: Config) {}

  /** Explains a problem, as a page for browsers and as JSON for everybody else. */
  @Get(':code')
  @Public()
  @Problems('not-found')
  @ApiProduces('application/json', 'text/html')
  explain(
    @Param('code') code: string,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): void {
    if (!isProblemCode(code)) throw new Problem('not-found');
    const { status, title, advice } = PROBLEMS[code];
    const isPage = accept?.includes('text/html') ?? false;
    varyBy(reply, 'accept');
    reply.header('cache-control', 'public, max-age=300');
    if (isPage) reply.header('content-type', 'text/html; charset=utf-8').send(page(code, status, title, advice));
    else reply.send({ type: `${this.config.publicUrl}/problems/${code}`, code, status, title, advice });
  }
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

function page(code: string, status: number, title: string, advice: string): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta name="color-scheme" content="light dark"><title>${code}</title></head>`,
    `<body><h1>${code}</h1><p>HTTP status ${status}. ${title}</p><p>${advice}</p></body></html>`,
  ].join('\n');
}
