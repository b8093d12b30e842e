import { type AdminCreation, createAdmin } from '#data/create-admin';
import type { Sql } from '#data/database';
import { findLoginByEmail } from '#data/login';
import { ACCOUNT_TOKEN_SECONDS } from '#domain/account-token';
import { type Email, parseEmail } from '#domain/email';
import type { KeyRing } from '#platform/keys/key-ring';

import { type Command, CommandRefused } from './command.ts';
import { onDatabase } from './database.ts';
import { keyRingOf } from './key-ring.ts';

/** What the audit trail says of an act that came of no request. */
const DETAILS = { source: 'ops create-admin', fields: 'roles' };
const MINUTES = ACCOUNT_TOKEN_SECONDS.password_reset / 60;

/** Gives somebody the role of administrators: how there comes to be a first one. */
export const createAdminCommand: Command = {
  name: 'create-admin',
  takes: '<address>',
  summary:
    'make the account of an address an administrator; without an account, make one and mail a link to set its password',
  run: async ({ words, settings, say }) => {
    const email = emailIn(words);
    const needed = settings('DATABASE_URL', 'TROTH_SECRET', 'TROTH_SECRETS_PREVIOUS');
    await onDatabase(needed.DATABASE_URL, async (sql) => {
      report(email, await create(sql, await keyRingOf(sql, needed), email)).forEach(say);
    });
  },
};

function emailIn(words: readonly string[]): Email {
  const [text, ...others] = words;
  const email = text === undefined || others.length > 0 ? undefined : parseEmail(text);
  if (email === undefined) throw new CommandRefused('create-admin takes one e-mail address.');
  return email;
}

/** The account may come and go between the look and the act; then it is looked for again. */
async function create(sql: Sql, keys: KeyRing, email: Email): Promise<AdminCreation> {
  for (let tries = 1; ; tries++) {
    const account = await findLoginByEmail(sql, email);
    const wrappedKey = account?.wrappedKey ?? keys.wrapNewSubjectKey();
    const outcome = await createAdmin(sql, {
      email,
      addressKey: keys.addressKey(email),
      accountId: account?.accountId ?? null,
      wrappedKey,
      keyId: keys.currentKeyId,
      envelope: keys.sealEnvelope({ email, locale: null }),
      sealedDetails: keys.sealAuditDetails(wrappedKey, DETAILS) ?? null,
    });
    if (outcome !== 'another_account' || tries === 3) return outcome;
  }
}

function report(email: Email, outcome: AdminCreation): readonly string[] {
  switch (outcome) {
    case 'granted':
      return [`${email} is an administrator now.`];
    case 'was_admin':
      return [`${email} is an administrator already; nothing was changed.`];
    case 'made':
      return [
        `made an account for ${email}, which is an administrator`,
        `A letter with a link to set its password goes to that address once the service runs; the link is good for`,
        `${MINUTES} minutes. After that, ask for another one as for a forgotten password.`,
      ];
    case 'suspended':
      throw new CommandRefused(`The account of ${email} is suspended: another administrator has to reinstate it.`);
    case 'another_account':
      throw new CommandRefused('The address changes hands at this moment; try again.');
  }
}
