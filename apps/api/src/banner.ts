import type { Config } from '#platform/config/config';

/** What `npm start` prints once the API listens: where it is, and a line that shows that it works. */
export function banner(config: Config): string {
  const url = config.publicUrl;
  return `
Troth is running.

  API            ${url}
  API page       ${url}/docs
${config.smtpUrl === undefined ? `  Mailbox        ${url}/dev/mailbox  (no mail leaves this machine while SMTP_URL is unset)\n` : ''}
Try it:

  curl -i ${url}/v1/registrations \\
    -H 'Content-Type: application/json' \\
    -d '{"email":"ada@example.com","password":"correct horse battery"}'

`;
}
