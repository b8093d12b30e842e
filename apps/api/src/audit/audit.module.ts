import { Module } from '@nestjs/common';

import { AuditCheck } from './audit-check.ts';
import { VerifyAudit } from './verify-audit.usecase.ts';

/** Whether the audit trail is as it was written. */
@Module({ providers: [AuditCheck, VerifyAudit], exports: [AuditCheck, VerifyAudit] })
export class AuditModule {}
