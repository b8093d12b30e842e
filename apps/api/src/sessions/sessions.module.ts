import { Module } from '@nestjs/common';

import { EndSessions } from './end-sessions.usecase.ts';
import { IssueSession } from './issue-session.ts';
import { LogIn } from './log-in.usecase.ts';
import { Reauthenticate } from './reauthenticate.usecase.ts';
import { RefreshLimit } from './refresh-limit.ts';
import { RefreshSession } from './refresh-session.usecase.ts';
import { SessionsController } from './sessions.controller.ts';

/** Logging in, staying logged in, logging out. */
@Module({
  controllers: [SessionsController],
  providers: [LogIn, RefreshSession, RefreshLimit, Reauthenticate, EndSessions, IssueSession],
  exports: [IssueSession],
})
export class SessionsModule {}
