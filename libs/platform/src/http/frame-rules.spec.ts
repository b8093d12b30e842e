import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { FrameApp } from '#testing/frame-app';

import { FormBody } from './frame-rules.ts';
import { Public } from './public.ts';

@Public()
@Controller('anywhere')
class BodiesController {
  @Post('form')
  @FormBody()
  @HttpCode(200)
  form(@Req() { body }: FastifyRequest): unknown {
    return body;
  }

  @Post('json')
  @HttpCode(200)
  json(): object {
    return {};
  }
}

test('the kind of body is chosen by the route, not by its path', async () => {
  const frame = await FrameApp.start([BodiesController]);
  const post = async (path: string, type: string, body: string): Promise<readonly [number, unknown]> => {
    const answer = await frame.fetch(path, { method: 'POST', body, headers: { 'content-type': type } });
    return [answer.status, await answer.json()];
  };
  const form = 'application/x-www-form-urlencoded';
  expect(await post('/anywhere/form', form, 'a=1&b=%C3%BC')).toEqual([200, { a: '1', b: 'ü' }]);
  expect(await post('/anywhere/form', 'application/json', '{}')).toMatchObject([415, {}]);
  expect(await post('/anywhere/json', form, 'a=1')).toMatchObject([415, {}]);
  expect(await post('/anywhere/json', 'application/json', '{}')).toEqual([200, {}]);
  await frame.close();
});
