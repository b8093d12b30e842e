import { Injectable, type LoggerService } from '@nestjs/common';

import { isError } from './is-error.ts';
import { Log } from './log.ts';

/** Nest's own messages as lines of the log: its chatter at start-up as `debug`. */
@Injectable()
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    this.target.debug('nest', fieldsOf(message, rest));
  }

  debug(message: unknown, ...rest: readonly unknown[]): void {
    this.target.debug('nest', fieldsOf(message, rest));
  }

  verbose(message: unknown, ...rest: readonly unknown[]): void {
    this.target.debug('nest', fieldsOf(message, rest));
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.target.warn('nest', fieldsOf(message, rest));
  }

  error(message: unknown, ...rest: readonly unknown[]): void {
    this.target.error('nest', fieldsOf(message, rest));
  }

  fatal(message: unknown, ...rest: readonly unknown[]): void {
    this.target.error('nest', fieldsOf(message, rest));
  }
}

// Nest passes the name of the class that speaks as the last argument, and a stack before it.
function fieldsOf(message: unknown, rest: readonly unknown[]): Readonly<Record<string, unknown>> {
  const context = rest.at(-1);
  const speaker = typeof context === 'string' && !context.includes('\n') ? { context } : {};
  return isError(message) ? { ...speaker, error: message } : { ...speaker, message: String(message) };
}
