import { escapeHtml } from '#platform/http/html';

/** What a reader sees. */
export interface Written {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What a letter with a code tells. */
export interface CodeFacts {
  readonly code: string;
  /** Seconds until the code is worth nothing. */
  readonly secondsLeft: number;
  /** The page of the mailbox's owner. */
  readonly ownerLink: string;
}

/** What the notice to an active address tells. */
export interface NoticeFacts {
  readonly ownerLink: string;
}

/** What a letter to somebody who forgot the password tells. */
export interface ResetFacts {
  readonly resetLink: string;
  /** Minutes until the link is worth nothing. */
  readonly minutesLeft: number;
}

/** What a security notice tells. */
export interface SecurityFacts {
  /** Where somebody says that it was not them. */
  readonly notMeLink: string;
}

/** Every letter of one language. */
export interface LetterTemplates {
  registrationCode(facts: CodeFacts): Written;
  alreadyRegistered(facts: NoticeFacts): Written;
  /** A refresh token was used twice, by two who cannot both be the user. Rows of the release before have no link. */
  sessionReused(facts: { readonly notMeLink: string | undefined }): Written;
  passwordReset(facts: ResetFacts): Written;
  /** Somebody set a new password, by a link in a letter or in a session. */
  passwordChanged(facts: SecurityFacts): Written;
}

/** One paragraph: text, a code to read at a glance, or a link. */
export type Paragraph = string | { readonly code: string } | { readonly link: string };

/** The same paragraphs as plain text and as HTML that needs nothing from elsewhere. */
export function write(language: string, subject: string, paragraphs: readonly Paragraph[]): Written {
  const body = paragraphs.map(htmlOf).join('\n');
  return {
    subject,
    text: `${paragraphs.map(textOf).join('\n\n')}\n`,
    html: [
      `<!doctype html>`,
      `<html lang="${language}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">`,
      `<title>${escapeHtml(subject)}</title></head>`,
      `<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif"><div style="max-width:32em;margin:0 auto">`,
      body,
      `</div></body></html>`,
    ].join('\n'),
  };
}

function textOf(paragraph: Paragraph): string {
  if (typeof paragraph === 'string') return paragraph;
  return 'code' in paragraph ? `    ${paragraph.code}` : paragraph.link;
}

function htmlOf(paragraph: Paragraph): string {
  if (typeof paragraph === 'string') return `<p>${escapeHtml(paragraph)}</p>`;
  if ('code' in paragraph)
    return `<p style="font:600 32px/1.2 ui-monospace,monospace;letter-spacing:.2em">${escapeHtml(paragraph.code)}</p>`;
  const link = escapeHtml(paragraph.link);
  return `<p style="word-break:break-all"><a href="${link}">${link}</a></p>`;
}
