import { once } from 'node:events';
import { connect } from 'node:net';

import { Controller, Get, Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { eventually } from '#testing/eventually';
import { FrameApp } from '#testing/frame-app';

import { Closing } from './closing.ts';
import { Public } from './public.ts';
import { closeGracefully } from './shutdown.ts';

const steps: string[] = [];
let release: () => void = () => undefined;

@Injectable()
@Public()
@Controller('slow')
class SlowController implements OnApplicationShutdown {
  @Get()
  async slow(): Promise<object> {
    steps.push('began');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    steps.push('finished');
    return { done: true };
  }

  onApplicationShutdown(): void {
    steps.push('modules closed');
  }
}

let frame: FrameApp;
beforeEach(async () => {
  steps.length = 0;
  frame = await FrameApp.start([SlowController]);
});

const refused = async (): Promise<true | undefined> => {
  const socket = connect(frame.port, '127.0.0.1');
  const [error] = await Promise.race([
    once(socket, 'connect').then(() => []),
    once(socket, 'close').then(() => [true]),
  ]).catch(() => [true]);
  socket.destroy();
  return error === true ? true : undefined;
};

test('a request in flight is answered, new ones are refused, and the modules close last', async () => {
  const answer = frame.fetch('/slow');
  await eventually(() => Promise.resolve(steps.length > 0 ? true : undefined));
  const closing = closeGracefully(frame.app, 'SIGTERM');
  await eventually(refused);
  expect(steps).toEqual(['began']);
  release();
  expect(await (await answer).json()).toEqual({ done: true });
  expect(await closing).toBe(0);
  expect(steps).toEqual(['began', 'finished', 'modules closed']);
  expect(frame.lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['closing', 'closed']));
});

test('connections that are kept alive do not hold it up', async () => {
  const socket = connect(frame.port, '127.0.0.1');
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => Promise.resolve(steps.length > 0 ? true : undefined));
  const idle = connect(frame.port, '127.0.0.1');
  await once(idle, 'connect');
  const started = performance.now();
  const closing = closeGracefully(frame.app, 'SIGTERM');
  await eventually(refused);
  release();
  expect(await closing).toBe(0);
  expect(performance.now() - started).toBeLessThan(5_000);
  socket.destroy();
  idle.destroy();
});

test('a request that takes too long is cut, and closing goes on', async () => {
  const answer = frame.fetch('/slow').catch((error: unknown) => error);
  await eventually(() => Promise.resolve(steps.length > 0 ? true : undefined));
  expect(await closeGracefully(frame.app, 'SIGTERM', 200)).toBe(0);
  expect(await answer).toMatchObject({ message: 'fetch failed' });
  expect(steps).toEqual(['began', 'modules closed']);
  expect(frame.lines.map(({ event }) => event)).toContain('connections_cut');
  release();
});

test('after the last answer come the letters, then the jobs, and one that fails holds up none of the others', async () => {
  const answer = frame.fetch('/slow');
  await eventually(() => Promise.resolve(steps.length > 0 ? true : undefined));
  const closing = frame.app.get(Closing);
  closing.at('jobs', () => Promise.resolve(void steps.push('jobs')));
  closing.at('jobs', () => Promise.resolve(void steps.push('more jobs')));
  closing.at('letters', () => {
    steps.push('letters');
    return Promise.reject(new Error('no letters'));
  });
  expect(closing.hasBegun).toBe(false);
  const closed = closeGracefully(frame.app, 'SIGTERM');
  await eventually(refused);
  expect([closing.hasBegun, steps]).toEqual([true, ['began']]);
  release();
  await answer;
  expect(await closed).toBe(0);
  expect(steps).toEqual(['began', 'finished', 'modules closed', 'letters', 'jobs', 'more jobs']);
  expect(frame.lines).toContainEqual(expect.objectContaining({ event: 'closing_step_failed', step: 'letters' }));
});
