import { pino, type DestinationStream, type Logger } from 'pino';

import { redactError, redactField } from './redact.ts';

/** What a log line carries besides the event. An object is logged as `[object]`: name the fields that count. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The structured log: one JSON object a line, with the time. Fields named like a
 * secret lose their value, and texts lose whatever looks like an address, a token or a query string.
 */
export class Log {
  readonly #logger: Logger;

  /** Writes to standard output unless told otherwise. */
  constructor(level: string, destination: DestinationStream = pino.destination({ dest: 1, sync: true })) {
    const timestamp = (): string => `,"time":"${new Date().toISOString()}"`;
    this.#logger = pino(
      { level, base: null, timestamp, messageKey: 'event', formatters: { level: (level) => ({ level }) } },
      destination,
    );
  }

  debug(event: string, fields: LogFields = {}): void {
    if (this.#logger.isLevelEnabled('debug')) this.#logger.debug(redacted(fields), event);
  }

  info(event: string, fields: LogFields = {}): void {
    if (this.#logger.isLevelEnabled('info')) this.#logger.info(redacted(fields), event);
  }

  warn(event: string, fields: LogFields = {}): void {
    if (this.#logger.isLevelEnabled('warn')) this.#logger.warn(redacted(fields), event);
  }

  /** `fields.error` may hold anything that was thrown. */
  error(event: string, fields: LogFields = {}): void {
    if (this.#logger.isLevelEnabled('error')) this.#logger.error(redacted(fields), event);
  }
}

function redacted(fields: LogFields): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) line[name] = logged(name, value);
  return line;
}

function logged(name: string, value: unknown): unknown {
  switch (name) {
    case 'error':
      return redactError(value);
    // Of a known alphabet and length, and looked for by whoever reads the log: it stays as it is, however long.
    case 'requestId':
    // A count and a hash that is no secret: whoever doubts the audit trail compares it with this line.
    case 'auditHead':
      return value;
    default:
      return redactField(name, value);
  }
}
