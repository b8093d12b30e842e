import type { Command } from './command.ts';
import { createAdminCommand } from './create-admin.ts';
import { createClientCommand } from './create-client.ts';
import { migrateCommand } from './migrate.ts';
import { purgeCommand } from './purge.ts';
import { retentionReportCommand } from './retention-report.ts';
import { rotateKeysCommand } from './rotate-keys.ts';
import { rotateSigningKeyCommand } from './rotate-signing-key.ts';
import { sealAuditCommand } from './seal-audit.ts';
import { verifyAuditCommand } from './verify-audit.ts';

/** Every command there is. Add a file beside this one, named for the act, then a line here. */
export const COMMANDS: readonly Command[] = [
  migrateCommand,
  purgeCommand,
  retentionReportCommand,
  rotateKeysCommand,
  rotateSigningKeyCommand,
  createAdminCommand,
  createClientCommand,
  sealAuditCommand,
  verifyAuditCommand,
];
