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
};

function notMe(link: string): readonly Paragraph[] {
  return [
    'Open this page and say that it was not you. That ends all sessions and mails you a link to set a new password. It works once, within 7 days.',
    { link },
  ];
}
