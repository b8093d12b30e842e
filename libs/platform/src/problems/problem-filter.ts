import { Catch, HttpException, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Config } from '#platform/config/config';
import { Routes } from '#platform/http/routes';
import { Log } from '#platform/logging/log';

import { PROBLEM_TYPE, problemBytes } from './problem-body.ts';
import { Problem } from './problem.ts';
import { toProblem } from './to-problem.ts';

/** Answers everything that is thrown as a problem (RFC 9457). Why stands in the log line of the request. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly config: Config,
    private readonly routes: Routes,
    private readonly log: Log,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    this.answer(
      thrown,
      host.switchToHttp().getRequest<FastifyRequest>(),
      host.switchToHttp().getResponse<FastifyReply>(),
    );
  }

  /** The same for what is thrown where Nest does not look: on routes of the framework alone. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = this.#problemOf(thrown, request);
    request.problem = problem;
    if (problem.code === 'internal') this.log.error('request_failed', { requestId: request.id, error: thrown });
    if (reply.sent || reply.raw.headersSent) return;
    for (const [name, value] of Object.entries(problem.headers)) reply.header(name, value);
    reply
      .code(problem.status)
      .header('cache-control', 'no-store')
      .header('content-type', PROBLEM_TYPE)
      .send(problemBytes(this.config.publicUrl, problem, request.id));
  }

  #problemOf(thrown: unknown, request: FastifyRequest): Problem {
    if (!(thrown instanceof HttpException) || thrown.getStatus() !== 404) return toProblem(thrown);
    const methods = this.routes.methodsOf(request.url);
    if (methods.length === 0 || methods.includes(request.method)) return new Problem('not-found');
    return new Problem('method-not-allowed', { headers: { allow: methods.join(', ') } });
  }
}
