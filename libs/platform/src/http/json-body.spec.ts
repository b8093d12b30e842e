import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { IsString } from 'class-validator';

import { Problem } from '#platform/problems/problem';
import { cpuTimeOf } from '#testing/cpu-time';
import { FrameApp } from '#testing/frame-app';

import { AskedBy, type Asker } from './asker.ts';
import { parseJsonBody } from './json-body.ts';
import { Public } from './public.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function detailOf(body: Uint8Array): string | undefined {
  try {
    parseJsonBody(body);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.options.detail;
    throw error;
  }
}

describe('a body', () => {
  test.each<readonly [string, unknown]>([
    ['{"a":[1,"ü",null]}', { a: [1, 'ü', null] }],
    ['\uFEFF{}', {}],
    [' "text" ', 'text'],
    ['{"a":"\\"b\\":","c":[{"a":1},{"a":"x:\\\\"}]}', { a: '"b":', c: [{ a: 1 }, { a: 'x:\\' }] }],
    ['{"constructor":"x","prototype":{}}', { constructor: 'x', prototype: {} }],
    ['', undefined],
  ])('%j is read', (text, value) => {
    expect(parseJsonBody(bytes(text))).toEqual(value);
  });

  test.each(['{', '{"a":1,}', "{'a':1}", 'NaN', '{"a":1}{}', ' ', '\0', '{"a":"\n"}'])('%j is no JSON', (text) => {
    expect(detailOf(bytes(text))).toBe('The body is not JSON in UTF-8.');
  });

  test.each([
    ['a lone byte', [0x22, 0xff, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x22, 0x00]],
  ])('%s is no UTF-8', (_what, list) => {
    expect(detailOf(Uint8Array.from(list))).toBe('The body is not JSON in UTF-8.');
  });

  test.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__":1}]}',
    '{"\\u005f_proto__":1}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '[{"a":{"constructor":{"prototype":1}}}]',
  ])('%s is refused for its key', (text) => {
    expect(detailOf(bytes(text))).toBe('The body holds a forbidden key.');
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  test.each(['{"a":1,"a":2}', '{"a":1,"b":{},"\\u0061":1}', '[{"a":{"b":1 , "b" :1}}]', '{"":1,"":2}'])(
    '%s is refused for the name it has twice',
    (text) => {
      expect(detailOf(bytes(text))).toBe('The body names a field twice.');
    },
  );

  test('is refused when it nests deep, however deep', () => {
    const nested = (depth: number): Uint8Array => bytes('['.repeat(depth) + ']'.repeat(depth));
    expect(detailOf(nested(16))).toBeUndefined();
    expect(detailOf(nested(17))).toBe('The body nests too deep.');
    expect(detailOf(nested(8_192))).toBe('The body nests too deep.');
    expect(detailOf(bytes('{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)))).toBe('The body nests too deep.');
  });

  test('far beyond the largest size is read in time that does not grow with its square', async () => {
    const spent = await cpuTimeOf(() => {
      parseJsonBody(bytes(`[${Array.from({ length: 500_000 }, () => '1').join(',')}]`));
      parseJsonBody(bytes(`{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":[]`).join(',')}}`));
    });
    expect(spent).toBeLessThan(3_000);
  });
});

class NoteDto {
  @IsString()
  text!: string;
}

@Public()
@Controller('notes')
class NotesController {
  @Post()
  @HttpCode(200)
  async note(@Body() { text }: NoteDto, @AskedBy() { requestId }: Asker): Promise<object> {
    await Promise.resolve();
    return { length: text.length, requestId };
  }

  @Post('again')
  @HttpCode(202)
  again(): object {
    return {};
  }

  @Delete()
  @HttpCode(204)
  remove(): undefined {
    return undefined;
  }
}

describe('over HTTP', () => {
  let frame: FrameApp;
  beforeAll(async () => {
    frame = await FrameApp.start([NotesController], { RATE_LIMIT_SCALE: '100' });
  });
  afterAll(() => frame.close());

  const statusOf = async (path: string, init: RequestInit): Promise<number> => (await frame.fetch(path, init)).status;
  const typed = (type: string | undefined, more: Readonly<Record<string, string>> = {}): Promise<number> =>
    statusOf('/notes', {
      method: 'POST',
      body: Buffer.from('{"text":"x"}'),
      headers: { ...(type === undefined ? {} : { 'content-type': type }), ...more },
    });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/json;',
  ])('%s is JSON', async (type) => {
    expect(await typed(type)).toBe(200);
  });

  test.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/merge-patch+json',
    'application/problem+json',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/jsonp',
    'text/application/json',
    'application/json, text/plain',
    '*/*',
  ])('%s is answered 415', async (type) => {
    expect(await typed(type)).toBe(415);
  });

  test('a compressed body is answered 415', async () => {
    expect([
      await typed('application/json', { 'content-encoding': 'gzip' }),
      await typed('application/json', { 'content-encoding': 'identity' }),
    ]).toEqual([415, 200]);
  });

  test('a body of 16 KiB passes, one byte more is answered 413, whatever it claims to be', async () => {
    const body = (size: number): string => JSON.stringify({ text: 'x'.repeat(size - '{"text":""}'.length) });
    const post = (size: number, type: string): Promise<number> =>
      statusOf('/notes', { method: 'POST', body: body(size), headers: { 'content-type': type } });
    expect([
      await post(16_384, 'application/json'),
      await post(16_385, 'application/json'),
      await post(20_000, 'text/plain'),
    ]).toEqual([200, 413, 413]);
  });

  test('a body without a length is counted as it comes', async () => {
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    const head =
      'POST /notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await frame.send(`${head}b\r\n{"text":"xx\r\n${chunk.repeat(5)}2\r\n"}\r\n0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*"code":"payload-too-large"/s);
  });

  test('a body in pieces belongs to the same request', async () => {
    const text = 'x'.repeat(9_000);
    const body = JSON.stringify({ text });
    const head = `POST /notes HTTP/1.1\r\nHost: x\r\nX-Request-Id: pieces\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    expect(await frame.sendInPieces([head, body.slice(0, 10), body.slice(10, 8_000), body.slice(8_000)])).toContain(
      JSON.stringify({ length: 9_000, requestId: 'pieces' }),
    );
  });

  test('a route that takes no body takes an empty one of any type, or {}, and no other', async () => {
    const post = (init: RequestInit): Promise<number> => statusOf('/notes/again', { method: 'POST', ...init });
    expect(await post({})).toBe(202);
    expect(await post({ headers: { 'content-type': 'application/octet-stream' } })).toBe(202);
    expect(await post({ headers: { 'content-type': 'application/json' }, body: '' })).toBe(202);
    expect(await post({ headers: { 'content-type': 'application/json' }, body: '{}' })).toBe(202);
    expect(await post({ headers: { 'content-type': 'application/json' }, body: '{"a":1}' })).toBe(422);
    expect(await post({ headers: { 'content-type': 'application/json' }, body: '[]' })).toBe(422);
    expect(await post({ headers: { 'content-type': 'application/json' }, body: '{' })).toBe(400);
    expect(await post({ headers: { 'content-type': 'text/plain' }, body: 'x' })).toBe(415);
    expect(await statusOf('/notes', { method: 'DELETE' })).toBe(204);
    expect(
      await statusOf('/notes', { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '{}' }),
    ).toBe(204);
    expect(
      await statusOf('/notes', { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '[' }),
    ).toBe(400);
  });

  test('a missing body is a missing object', async () => {
    const answer = await frame.fetch('/notes', { method: 'POST' });
    expect(await answer.json()).toMatchObject({ status: 422, errors: [{ pointer: '', code: 'is-object' }] });
  });
});
