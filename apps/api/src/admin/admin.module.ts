import { Module } from '@nestjs/common';

import { AccountDeletionModule } from '../account-deletion/account-deletion.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { Administrators } from './administrators.ts';
import { AuditEventsController } from './audit-events.controller.ts';
import { ChangeUser } from './change-user.usecase.ts';
import { EndUserSessions } from './end-user-sessions.usecase.ts';
import { EraseUser } from './erase-user.usecase.ts';
import { ListAuditEvents } from './list-audit-events.usecase.ts';
import { ListUsers } from './list-users.usecase.ts';
import { ReinstateUser } from './reinstate-user.usecase.ts';
import { SuspendUser } from './suspend-user.usecase.ts';
import { UsersController } from './users.controller.ts';

/** What administrators see and do, and the trace it leaves. */
@Module({
  imports: [AccountDeletionModule, AuditModule],
  controllers: [UsersController, AuditEventsController],
  providers: [
    Administrators,
    ListUsers,
    ChangeUser,
    SuspendUser,
    ReinstateUser,
    EndUserSessions,
    EraseUser,
    ListAuditEvents,
  ],
})
export class AdminModule {}
