import { Writable } from 'node:stream';

import { Log } from './log.ts';
import { NestLog } from './nest-log.ts';

function logTo(level: string): { readonly log: Log; readonly lines: () => readonly unknown[] } {
  const written: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { log: new Log(level, sink), lines: () => written.map((line) => JSON.parse(line) as unknown) };
}

test('an event is one line of JSON with level, time and fields', () => {
  const { log, lines } = logTo('debug');
  log.info('letter_sent', { attempts: 2, email: 'ada@example.com', note: 'for ada@example.com' });
  expect(lines()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      event: 'letter_sent',
      attempts: 2,
      email: '[redacted]',
      note: 'for [address]',
    },
  ]);
});

test('lines below the level are not written', () => {
  const { log, lines } = logTo('warn');
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d', { error: new Error('e') });
  expect(lines()).toMatchObject([{ event: 'c' }, { event: 'd', error: { kind: 'Error', message: 'e' } }]);
});

test('the id of a request and the head of the audit chain stay as they are, however long', () => {
  const { log, lines } = logTo('info');
  const requestId = 'a'.repeat(64);
  const auditHead = `12:${'0'.repeat(64)}`;
  log.info('request', { requestId, auditHead, note: requestId, more: auditHead });
  expect(lines()).toMatchObject([{ requestId, auditHead, note: '[secret]', more: '12:[secret]' }]);
});

test('a line cannot be forged by what it holds', () => {
  const { log, lines } = logTo('info');
  log.info('x', { note: 'a\n{"level":"error","event":"forged"}' });
  expect(lines()).toHaveLength(1);
});

test('Nest speaks at debug while it starts, and its warnings and errors are kept', () => {
  const { log, lines } = logTo('debug');
  const nest = new NestLog(log);
  nest.log('Mapped {/v1/registrations, POST} route', 'RouterExplorer');
  nest.verbose('more', 'Nest');
  nest.debug('more', 'Nest');
  nest.warn('careful', 'Nest');
  nest.error(new Error('broken'), 'stack\n at x', 'Nest');
  nest.fatal('gone', 'Nest');
  expect(lines()).toMatchObject([
    { level: 'debug', event: 'nest', context: 'RouterExplorer', message: 'Mapped {/v1/registrations, POST} route' },
    { level: 'debug' },
    { level: 'debug' },
    { level: 'warn', message: 'careful' },
    { level: 'error', error: { message: 'broken' }, context: 'Nest' },
    { level: 'error', message: 'gone' },
  ]);
});
