import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { IsInt, IsOptional, IsString } from 'class-validator';
import fc from 'fast-check';

import { FrameApp } from '#testing/frame-app';

import { Basic, type Credentials } from './basic.ts';
import { IdempotencyKey } from './idempotency-key.ts';
import { Public } from './public.ts';
import { WellFormed } from './well-formed.ts';

class NoteDto {
  @IsString()
  @WellFormed()
  text!: string;

  @IsOptional()
  @IsInt()
  stars?: number | null;
}

@Controller('any')
class AnyController {
  @Public()
  @Post()
  write(@Body() dto: NoteDto, @IdempotencyKey() key: string | undefined): object {
    return { length: dto.text.length, hasKey: key !== undefined };
  }

  @Post('mine')
  writeMine(@Basic() { email }: Credentials, @Body() dto: NoteDto): object {
    return { email, length: dto.text.length };
  }

  @Public()
  @Delete()
  @HttpCode(204)
  remove(): undefined {
    return undefined;
  }

  @Public()
  @Get(':id')
  read(@Param('id') id: string): object {
    return { id };
  }
}

const KNOWN_PATHS = ['/any', '/any/mine', '/any/1', '/problems/internal', '/docs', '/openapi.json', '*'];
const ODD_PARTS = ['\0', '\r\n', '%00', '%', '..', '//', '__proto__', 'constructor', '?', '#', 'http://x/x', '\ud800'];
const HEADERS = [
  ...['content-type', 'content-length', 'transfer-encoding', 'content-encoding', 'expect', 'connection', 'upgrade'],
  ...['authorization', 'idempotency-key', 'x-request-id', 'x-forwarded-for', 'host', 'accept', 'range'],
  ...['origin', 'access-control-request-method'],
];
const VALUES = [
  ...['application/json', 'chunked', 'gzip', 'Basic YTpi', '0', 'close', 'upgrade', '1, 2', ',', '[::1]:1', '::'],
  ...['https://a.example', 'POST', 'text/html'],
];

const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...ODD_PARTS));
const path = fc.oneof(
  fc.constantFrom(...KNOWN_PATHS),
  fc.array(part, { maxLength: 3 }).map((parts) => `/any/${parts.join('/')}`),
);
const value = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.string({ maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, '')),
);
const note = fc.record({ text: fc.jsonValue(), stars: fc.jsonValue(), more: fc.jsonValue() }, { requiredKeys: [] });

const anyRequest = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'OPTIONS', 'HEAD', 'TRACE', 'QUERY', 'PROPFIND', 'CONNECT'),
  path,
  headers: fc.array(fc.tuple(fc.constantFrom(...HEADERS), value), { maxLength: 4 }),
  body: fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    note.map((fields) => JSON.stringify(fields)),
  ),
  saysHowLong: fc.boolean(),
});

function bytesOf({
  method,
  path,
  headers,
  body,
  saysHowLong,
}: typeof anyRequest extends fc.Arbitrary<infer R> ? R : never): Buffer {
  const bytes = Buffer.from(body);
  const about = saysHowLong ? ['Content-Type: application/json', `Content-Length: ${bytes.length}`] : [];
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: x', ...headers.map((pair) => pair.join(': ')), ...about];
  return Buffer.concat([Buffer.from([...lines, 'Connection: close', '', ''].join('\r\n')), bytes]);
}

test('whatever is sent is answered: with success, or as a problem of the 4xx kind', async () => {
  const frame = await FrameApp.start([AnyController], {
    RATE_LIMIT_SCALE: '100000',
    TRUSTED_PROXIES: '127.0.0.1',
    WEB_ORIGINS: 'https://a.example',
  });
  await fc.assert(
    fc.asyncProperty(anyRequest, async (request) => {
      const answer = await frame.send(bytesOf(request));
      expect(answer).toMatch(/^HTTP\/1\.1 (?:2|3|4)\d\d /);
      if (answer.startsWith('HTTP/1.1 4')) expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i);
    }),
    { numRuns: 400 },
  );
  expect(frame.lines.filter(({ level }) => level === 'error')).toEqual([]);
  await frame.close();
}, 60_000);
