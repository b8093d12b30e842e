import type { Farewell, ReceiptOpening, RetainedKind } from '#domain/retention';
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

/** What a letter to an address tells that an account is to have. */
export interface ChangeCodeFacts {
  readonly code: string;
  /** Minutes until the code is worth nothing. */
  readonly minutesLeft: number;
  readonly ownerLink: string;
}

/** What a security notice tells. */
export interface SecurityFacts {
  /** Where somebody says that it was not them. */
  readonly notMeLink: string;
}

/** What the notice of a deletion that is to come tells. */
export interface DeletionFacts extends SecurityFacts {
  /** When the account is erased, as text; undefined: it was taken back since. */
  readonly effectiveAt: string | undefined;
}

/** What the last letter tells. */
export interface FarewellFacts extends Pick<Farewell, 'by' | 'receipt'> {
  /** What stays, and until when, as text. */
  readonly retained: readonly { readonly kind: RetainedKind; readonly until: string }[];
  /** What the commitment of the receipt is made of; undefined: the reader had the address of the account before. */
  readonly opening: ReceiptOpening | undefined;
  /** The key set by which anybody verifies the receipt. */
  readonly keysLink: string;
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
  /** The code that proves the new address of an account. */
  emailChangeCode(facts: ChangeCodeFacts): Written;
  /** To the former address: the account has another one, which this letter does not name. */
  emailChanged(facts: { readonly revertLink: string }): Written;
  /** The user, or somebody in their session, wants the account deleted some days later. */
  deletionScheduled(facts: DeletionFacts): Written;
  /** The account is gone, and this is the last that its user hears of it. */
  accountDeleted(facts: FarewellFacts): Written;
}

/** One paragraph: text, a code to read at a glance, a link, or a text that programs read. */
export type Paragraph = string | { readonly code: string } | { readonly link: string } | { readonly quoted: string };

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
  if ('quoted' in paragraph) return paragraph.quoted;
  return 'code' in paragraph ? `    ${paragraph.code}` : paragraph.link;
}

function htmlOf(paragraph: Paragraph): string {
  if (typeof paragraph === 'string') return `<p>${escapeHtml(paragraph)}</p>`;
  if ('code' in paragraph)
    return `<p style="font:600 32px/1.2 ui-monospace,monospace;letter-spacing:.2em">${escapeHtml(paragraph.code)}</p>`;
  if ('quoted' in paragraph)
    return `<pre style="white-space:pre-wrap;word-break:break-all;font:12px/1.4 ui-monospace,monospace">${escapeHtml(paragraph.quoted)}</pre>`;
  const link = escapeHtml(paragraph.link);
  return `<p style="word-break:break-all"><a href="${link}">${link}</a></p>`;
}
