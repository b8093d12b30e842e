import { createHash } from 'node:crypto';

import type { FastifyReply } from 'fastify';

import { escapeHtml } from '#platform/http/html';
import type { Problem } from '#platform/problems/problem';

const STYLE = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}
form{border-top:1px solid #8886;padding:1rem 0}
label{display:block;margin:.5rem 0}
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem;border:1px solid #888;border-radius:6px}
button{font:inherit;padding:.5rem 1rem;border:1px solid #888;border-radius:6px;cursor:pointer}
`;

/** Nothing from elsewhere, no script, and forms that go back to where they came from. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Sends a page that leaks nothing of its address. The body is HTML: whatever came from outside is escaped in it. */
export function sendPage(reply: FastifyReply, status: number, title: string, body: readonly string[]): void {
  reply
    .status(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', POLICY)
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
    .send(
      [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>`,
        `<body><main><h1>${escapeHtml(title)}</h1>`,
        ...body,
        '</main></body></html>',
      ].join('\n'),
    );
}

/** What is wrong with the fields of a form, a line each. */
export function faultsOf({ options: { errors = [] } }: Problem): readonly string[] {
  return errors.map(({ detail }) => `<p role="alert">${escapeHtml(detail)}</p>`);
}
