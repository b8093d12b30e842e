import { isIP } from 'node:net';

import type { Secret } from '#domain/secret';

import type { SettingValues } from './settings.ts';

const LEAST_SECRET_LENGTH = 32;
const LEAST_DIFFERENT_CHARACTERS = 8;
const PLACEHOLDER = /change.?me|replace.?me|your.?secret|example|placeholder|development|not.?for.?production/i;

/** What production refuses although it is well-formed. A value is undefined where it was missing or malformed. */
export function productionFaults(values: Partial<SettingValues>): readonly string[] {
  return [
    weakSecret('TROTH_SECRET', values.TROTH_SECRET),
    values.TROTH_SECRETS_PREVIOUS?.map((secret) => weakSecret('TROTH_SECRETS_PREVIOUS', secret)).find(
      (fault) => fault !== undefined,
    ),
    weakSecret('PASSWORD_PEPPER', values.PASSWORD_PEPPER),
    weakSecret('METRICS_TOKEN', values.METRICS_TOKEN),
    plainHttp('PUBLIC_URL', values.PUBLIC_URL),
    plainHttp('WEB_URL', values.WEB_URL),
    plainHttp('BREACHED_PASSWORDS_URL', values.BREACHED_PASSWORDS_URL),
    values.WEB_ORIGINS?.map((origin) => plainHttp('WEB_ORIGINS', origin)).find((fault) => fault !== undefined),
    values.SMTP_URL === undefined ? undefined : plainMail(new URL(values.SMTP_URL)),
  ].filter((fault) => fault !== undefined);
}

function weakSecret(name: string, secret: Secret | undefined): string | undefined {
  if (secret === undefined) return undefined;
  const text = secret.reveal();
  if (text.length < LEAST_SECRET_LENGTH)
    return `${name} must have ${LEAST_SECRET_LENGTH} characters or more in production.`;
  if (PLACEHOLDER.test(text)) return `${name} is a placeholder: make one with "openssl rand -base64 32".`;
  const tooPlain = new Set(text).size < LEAST_DIFFERENT_CHARACTERS;
  return tooPlain ? `${name} is too plain to be random: make one with "openssl rand -base64 32".` : undefined;
}

function plainHttp(name: string, url: string | undefined): string | undefined {
  return url?.startsWith('http:') ? `${name} must use https in production.` : undefined;
}

// smtp: upgrades by STARTTLS only if the server offers it, so anybody in between can strip the offer: it must be required.
function plainMail(url: URL): string | undefined {
  if (isLoopback(url.hostname)) return undefined;
  const values = (name: string): readonly string[] => url.searchParams.getAll(name);
  const isEvery = (name: string, wanted: string): boolean => values(name).every((value) => value === wanted);
  const isRequired = values('requireTLS').length > 0 && isEvery('requireTLS', 'true');
  const isEncrypted =
    url.protocol === 'smtps:' ? isEvery('secure', 'true') : isRequired && isEvery('ignoreTLS', 'false');
  if (!isEncrypted)
    return 'SMTP_URL must use smtps://, or smtp:// with ?requireTLS=true, for a remote host in production.';
  if (isEvery('tls.rejectUnauthorized', 'true')) return undefined;
  return 'SMTP_URL must not accept any certificate: add the authority of your own with NODE_EXTRA_CA_CERTS.';
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
