import { RETAINED, type ErasedBy, type ReceiptOpening } from '#domain/retention';

import { write, type LetterTemplates, type Paragraph } from './template.ts';

const LANGUAGE = 'en';

/** Letters in English. */
export const en: LetterTemplates = {
  registrationCode: ({ code, secondsLeft, ownerLink }) =>
    write(LANGUAGE, `${code} is your code`, [
      'Somebody, we hope you, is registering with this e-mail address. To confirm it, enter this code:',
      { code },
      `It is valid for ${secondsLeft} seconds. Nobody from us will ever ask you for it.`,
      'If this was not you, do nothing: without the code the registration ends by itself. To register the address yourself in spite of somebody else, or to get no more of these letters, open:',
      { link: ownerLink },
    ]),
  alreadyRegistered: ({ ownerLink }) =>
    write(LANGUAGE, 'You already have an account', [
      'Somebody, perhaps you, tried to register with this e-mail address. There is an account for it already, and nothing was changed.',
      'If it was you, log in with the password you have. If it was not, you need not do anything.',
      'To get no more letters about registrations, open:',
      { link: ownerLink },
    ]),
  sessionReused: ({ notMeLink }) =>
    write(LANGUAGE, 'We ended one of your sessions', [
      'A key that keeps you logged in was used a second time, after a newer one had taken its place. Either an application kept an old copy, or somebody else has one.',
      'To be safe we ended that session. Whoever used it has to log in again with your password.',
      ...(notMeLink === undefined
        ? ['If you do not know how this could happen, change your password.']
        : ['If you do not know how this could happen:', ...notMe(notMeLink)]),
    ]),
  passwordReset: ({ resetLink, minutesLeft }) =>
    write(LANGUAGE, 'Set a new password', [
      'Somebody, we hope you, asked for a new password of the account with this e-mail address. To set one, open:',
      { link: resetLink },
      `The link works once, within ${minutesLeft} minutes, and only in the newest of these letters. Nobody from us will ever ask you for it.`,
      'If this was not you, do nothing: your password stays what it is.',
    ]),
  passwordChanged: ({ notMeLink }) =>
    write(LANGUAGE, 'Your password was changed', [
      'A new password was set for the account with this e-mail address. Everybody who was logged in with the old one has to log in again.',
      'If it was you, you need not do anything. If it was not:',
      ...notMe(notMeLink),
    ]),
  emailChangeCode: ({ code, minutesLeft, ownerLink }) =>
    write(LANGUAGE, `${code} is your code`, [
      'Somebody, we hope you, wants this e-mail address to be that of their account. To confirm it, enter this code where it was asked for:',
      { code },
      `It is valid for ${minutesLeft} minutes. Nobody from us will ever ask you for it.`,
      'If this was not you, do nothing: without the code nothing is changed. To register the address yourself, or to get no more letters about registrations, open:',
      { link: ownerLink },
    ]),
  emailChanged: ({ revertLink }) =>
    write(LANGUAGE, 'Your account has another e-mail address', [
      'The account that had this e-mail address has another one now, which was confirmed by a code. No more letters will come here.',
      'If it was you, you need not do anything. If it was not, open this page and restore the address. That ends all sessions and mails you a link to set a new password. It works once, within 7 days.',
      { link: revertLink },
    ]),
  deletionScheduled: ({ effectiveAt, notMeLink }) =>
    write(LANGUAGE, 'Your account is going to be deleted', [
      effectiveAt === undefined
        ? 'Somebody who was logged in to the account with this e-mail address asked to have it deleted, and took that back since: it stays.'
        : `Somebody who is logged in to the account with this e-mail address asked to have it deleted. It will be erased, for good and with everything in it, on ${effectiveAt}.`,
      'Until then it works as before. To keep it, log in and take the deletion back. If it was not you who asked:',
      ...notMe(notMeLink),
    ]),
  accountDeleted: ({ by, retained, receipt, opening, keysLink }) =>
    write(LANGUAGE, 'Your account is deleted', [
      opening ? `${DELETED[by]} This is the last letter about it.` : MOVED_AND_DELETED,
      'Gone are: the e-mail address, the profile, the password, all sessions and devices, the links in former letters, letters that were not sent yet, and the key without which nobody can read what was noted down about the account.',
      'This stays for a while:',
      ...retained.map(({ kind, until }) => `Until ${until} at most: ${RETAINED[kind].reason}`),
      'The receipt below proves the erasure to anybody, and names nobody. Keep it. It is a JSON Web Signature; these are the keys to verify it with:',
      { link: keysLink },
      { quoted: receipt },
      ...(opening ? openingOf(opening) : []),
    ]),
};

function openingOf({ account_id: accountId, salt }: ReceiptOpening): readonly Paragraph[] {
  return [
    'That the receipt is about your account you can prove with these two, which nobody else was told and nobody kept: SHA-256 of the salt and the 16 bytes of the id is the commitment of the receipt.',
    { quoted: `account_id: ${accountId}\nsalt: ${salt}` },
  ];
}

const MOVED_AND_DELETED =
  'The account that had this e-mail address until some days ago was erased. If it was you who moved it to another address, you need not do anything. If it was not, somebody else was in your account: nothing of it can be brought back, and links in former letters are dead, but the address is free for you to register again.';

const DELETED: Readonly<Record<ErasedBy, string>> = {
  user: 'As you asked, the account with this e-mail address was erased.',
  schedule: 'As you asked some days ago, the account with this e-mail address was erased.',
  administrator: 'An administrator of the service erased the account with this e-mail address.',
};

function notMe(link: string): readonly Paragraph[] {
  return [
    'Open this page and say that it was not you. That ends all sessions, makes the password void and mails you a link to set a new one. It works once, within 7 days.',
    { link },
  ];
}
