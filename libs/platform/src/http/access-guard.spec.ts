import { Body, Controller, Get, Post } from '@nestjs/common';
import { IsString } from 'class-validator';

import { FrameApp } from '#testing/frame-app';

import { AdminOnly } from './bearer.ts';
import { Public } from './public.ts';

class NoteDto {
  @IsString()
  text!: string;
}

@Controller('closed')
class ForgottenController {
  @Get()
  read(): object {
    return { secret: 'seen' };
  }

  @Post()
  write(@Body() _dto: NoteDto): object {
    return { secret: 'seen' };
  }

  @AdminOnly()
  @Public()
  @Get('admin')
  administrate(): object {
    return { secret: 'seen' };
  }

  @Public()
  @Get('open')
  open(): object {
    return {};
  }
}

test('a route that says nothing about access is closed, and the log says that it was forgotten', async () => {
  const frame = await FrameApp.start([ForgottenController]);
  try {
    const answers = [
      await frame.fetch('/closed'),
      await frame.postJson('/closed', {}),
      await frame.fetch('/closed', { method: 'HEAD' }),
      // For administrators, and takes no session: whatever else it says, nobody is one.
      await frame.fetch('/closed/admin'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(await answers[0]?.text()).not.toContain('seen');
    expect((await frame.fetch('/closed/open')).status).toBe(200);
    expect(frame.lines).toContainEqual(
      expect.objectContaining({ event: 'route_without_access_rule', route: 'ForgottenController.read' }),
    );
  } finally {
    await frame.close();
  }
});
