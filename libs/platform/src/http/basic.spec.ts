import { Controller, Get, HttpCode, Post, Body } from '@nestjs/common';
import { IsString } from 'class-validator';

import { cpuTimeOf } from '#testing/cpu-time';
import { FrameApp } from '#testing/frame-app';

import { Basic, parseBasic, type Credentials } from './basic.ts';

const encode = (pair: string | Uint8Array): string => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('credentials of RFC 7617', () => {
  test.each<readonly [string, string, Credentials]>([
    ['the example of the RFC', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', { email: 'Aladdin', password: 'open sesame' }],
    ['the first colon splits', encode('ada@example.com:a:b:'), { email: 'ada@example.com', password: 'a:b:' }],
    ['UTF-8', encode('ada@example.com:grüße 💚'), { email: 'ada@example.com', password: 'grüße 💚' }],
    ['an empty password', encode('ada@example.com:'), { email: 'ada@example.com', password: '' }],
    ['any case of the scheme, and spaces after it', 'bAsIc   YTpi', { email: 'a', password: 'b' }],
    ['without padding', 'Basic YTpiYg', { email: 'a', password: 'bb' }],
    ['also at the start', encode('\uFEFFa:b'), { email: '\uFEFFa', password: 'b' }],
    ['a byte order mark is a character like others', encode('a:\uFEFFb'), { email: 'a', password: '\uFEFFb' }],
  ])('%s', (_what, header, credentials) => {
    expect(parseBasic(header)).toEqual(credentials);
  });

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'Basic'],
    ['an empty part', 'Basic '],
    ['another scheme', 'Bearer YTpi'],
    ['a longer scheme', 'Basics YTpi'],
    ['no space', 'BasicYTpi'],
    ['two parts', 'Basic YTpi YTpi'],
    ['two parts by a comma', 'Basic YTpi, Basic YTpi'],
    ['a tab', 'Basic\tYTpi'],
    ['no colon', encode('ada@example.com')],
    ['an empty user', encode(':password')],
    ['the URL alphabet', 'Basic YTo_Pz8-'],
    ['padding in the middle', 'Basic YQ==OmI='],
    ['too much padding', 'Basic YTpi='],
    ['one character left over', 'Basic YTpiY'],
    ['characters outside base64', 'Basic YTp*'],
    ['bytes that are no UTF-8', encode(Buffer.from([0x61, 0x3a, 0xff]))],
    ['an overlong form', encode(Buffer.from([0x61, 0x3a, 0xc0, 0x80]))],
    ['a surrogate in UTF-8', encode(Buffer.from([0x61, 0x3a, 0xed, 0xa0, 0x80]))],
    ['NUL', encode('a:b\0')],
    ['CR LF in the user', encode('a\r\nBcc: x@y:b')],
    ['DEL', encode('a:b\x7f')],
    ['a C1 control', encode('a:b\u0085')],
  ])('%s is refused', (_what, header) => {
    expect(parseBasic(header)).toBeUndefined();
  });

  test('a header far beyond any that is let in is answered in time that does not grow with its square', async () => {
    const spent = await cpuTimeOf(() => {
      parseBasic(`Basic ${'YTpi'.repeat(50_000)}`);
      parseBasic(`Basic ${'A'.repeat(200_000)}!`);
      parseBasic(`Basic${' '.repeat(200_000)}`);
    });
    expect(spent).toBeLessThan(3_000);
  });
});

class CodeDto {
  @IsString()
  code!: string;
}

@Controller('basic')
class BasicController {
  @Get()
  who(@Basic() credentials: Credentials): Credentials {
    return credentials;
  }

  @Post()
  @HttpCode(200)
  check(@Body() dto: CodeDto, @Basic() { email }: Credentials): object {
    return { email, code: dto.code };
  }
}

describe('a route with @Basic()', () => {
  let frame: FrameApp;
  beforeAll(async () => {
    frame = await FrameApp.start([BasicController], { RATE_LIMIT_SCALE: '100' });
  });
  afterAll(() => frame.close());

  test('gets the credentials', async () => {
    const answer = await frame.fetch('/basic', { headers: { authorization: encode('ada@example.com:p:w') } });
    expect(await answer.json()).toEqual({ email: 'ada@example.com', password: 'p:w' });
  });

  test('challenges a request without them', async () => {
    const answer = await frame.fetch('/basic');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="troth", charset="UTF-8"',
    ]);
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
  });

  test('asks for them before it looks at the fields, but after it understood the body', async () => {
    const statusOf = async (body: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
      (await frame.postJson('/basic', body, headers)).status;
    const good = { authorization: encode('a:b') };
    expect([
      await statusOf('{'),
      await statusOf('{}'),
      await statusOf('{}', good),
      await statusOf('{"code":"1"}', good),
    ]).toEqual([400, 401, 422, 200]);
  });

  test('refuses credentials that are given twice', async () => {
    const line = `Authorization: ${encode('a:b')}\r\n`;
    const answer = await frame.send(`GET /basic HTTP/1.1\r\nHost: x\r\n${line}${line}Connection: close\r\n\r\n`);
    expect(answer.split('\r\n', 1)[0]).toBe('HTTP/1.1 401 Unauthorized');
  });

  test('says in the log neither who nor why with which password', async () => {
    await frame.fetch('/basic', { headers: { authorization: encode('ada@example.com:open-sesame') } });
    expect(frame.logText).not.toMatch(/ada@example|open-sesame|YWRh/);
  });
});
