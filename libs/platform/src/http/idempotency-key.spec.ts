import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { IsString } from 'class-validator';

import { SourceLimit } from '#platform/limits/source-limit';
import { FrameApp } from '#testing/frame-app';

import { Basic, type Credentials } from './basic.ts';
import { IdempotencyKey } from './idempotency-key.ts';
import { Public } from './public.ts';

class NoteDto {
  @IsString()
  text!: string;
}

@Controller('keyed')
class KeyedController {
  @Public()
  @Post()
  @HttpCode(200)
  keyed(@IdempotencyKey() key: string | undefined): object {
    return { key: key ?? 'none' };
  }

  @Post('mine')
  @SourceLimit('registrations')
  mine(@Basic() _owner: Credentials, @IdempotencyKey() key: string | undefined): object {
    return { key: key ?? 'none' };
  }

  @Public()
  @Post('note')
  note(@Body() _dto: NoteDto, @IdempotencyKey() key: string | undefined): object {
    return { key: key ?? 'none' };
  }
}

let frame: FrameApp;
beforeAll(async () => {
  frame = await FrameApp.start([KeyedController]);
});
afterAll(() => frame.close());

const send = (...lines: readonly string[]): Promise<string> =>
  frame.send(['POST /keyed HTTP/1.1', 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n'));

test('a request may have none', async () => {
  expect(await send()).toContain('{"key":"none"}');
});

test.each(['a', '8e03978e-40d5-43e8-bc93-6894a57f9324', '"quoted"', '!~', 'k'.repeat(255)])(
  '%s is a key',
  async (key) => {
    expect(await send(`Idempotency-Key: ${key}`)).toContain(JSON.stringify({ key }));
  },
);

test.each([[''], ['a b'], ['k'.repeat(256)], ['\u00fc'], ['a\tb']])('%j is answered 400', async (key) => {
  const answer = await send(`Idempotency-Key: ${key}`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"malformed-request"/s);
});

test('two keys are answered 400', async () => {
  expect(await send('Idempotency-Key: a', 'Idempotency-Key: b')).toMatch(/^HTTP\/1\.1 400 /);
});

test('a malformed key is told before any field', async () => {
  for (const body of ['{}', '[]', '{"text":1,"x":2}']) {
    const answer = await frame.postJson('/keyed/note', body, { 'idempotency-key': 'a b' });
    expect(await answer.json()).toMatchObject({ status: 400, code: 'malformed-request' });
  }
});

test('a malformed key is told before limits and credentials, and counts under no limit', async () => {
  const ask = async (key: string): Promise<number> =>
    (await frame.fetch('/keyed/mine', { method: 'POST', headers: { 'idempotency-key': key } })).status;
  for (let i = 0; i < 10; i++) expect(await ask('a b')).toBe(400);
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push(await ask('a'));
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  expect(await ask('a b')).toBe(400);
});
