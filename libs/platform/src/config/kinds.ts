import { BlockList, isIP } from 'node:net';

import { AddressInvalid, parseAddress } from '#data/database';
import { Secret } from '#domain/secret';

/** How the text of a setting is read. */
export interface Kind<Value> {
  /** What a good text looks like; it completes the sentence "NAME must be …". */
  readonly expects: string;
  /** The value; undefined when the text is not of this kind. */
  readonly read: (text: string) => Value | undefined;
}

/** One of a few words. */
export function choice<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return { expects: `one of ${words.join(', ')}`, read: (text) => words.find((word) => word === text) };
}

/** A whole number in decimal digits, within bounds that are themselves allowed. */
export function integer(least: number, most: number): Kind<number> {
  const read = (text: string): number | undefined => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  };
  return { expects: `a whole number from ${least} to ${most}`, read };
}

/** A positive decimal number, at most `most`. */
export function positive(most: number): Kind<number> {
  const read = (text: string): number | undefined => {
    const number = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
    return number > 0 && number <= most ? number : undefined;
  };
  return { expects: `a number above 0 and at most ${most}`, read };
}

/** Any text without control characters. */
export const text: Kind<string> = {
  expects: 'text without control characters',
  read: (written) => (hasControlCharacters(written) ? undefined : written),
};

/** A secret of any length; how long it has to be is a production rule. */
export const secret: Kind<Secret> = {
  expects: 'text without control characters',
  read: (written) => (hasControlCharacters(written) ? undefined : new Secret(written)),
};

/** A secret that can stand in a list of secrets later. */
export const listableSecret: Kind<Secret> = {
  expects: 'text without control characters or commas',
  read: (written) => (written.includes(',') ? undefined : secret.read(written)),
};

/** Secrets with commas between them. */
export const secrets: Kind<readonly Secret[]> = {
  expects: 'secrets without control characters, separated by commas',
  read: (written) => (hasControlCharacters(written) ? undefined : items(written).map((item) => new Secret(item))),
};

/** An http or https URL to put paths behind: no credentials, query or fragment; given without its last slash. */
export const baseUrl: Kind<string> = {
  expects: 'an http or https URL without credentials, query or fragment',
  read: (written) => {
    const url = parseUrl(written, ['http:', 'https:']);
    if (!url || url.username || url.password || /[?#]/.test(written)) return undefined;
    return url.href.replace(/\/+$/, '');
  },
};

/** Web origins with commas between them (RFC 6454, 6.2). */
export const origins: Kind<readonly string[]> = {
  expects: 'origins like https://app.example.com, separated by commas',
  read: (written) =>
    all(items(written), (item) => (parseUrl(item, ['http:', 'https:'])?.origin === item ? item : undefined)),
};

/** A connection URL of PostgreSQL that names its user and host. */
export const databaseUrl: Kind<string> = {
  expects:
    'a URL like postgres://user:password@host:5432/database, with no option but sslmode=disable, require or verify-full',
  read: (written) =>
    parseUrl(written, ['postgres:', 'postgresql:'])?.hostname && isAddress(written) ? written : undefined,
};

/** The address of a mail server. */
export const smtpUrl: Kind<string> = {
  expects: 'a URL like smtps://user:password@host:465 or smtp://host:587?requireTLS=true',
  read: (written) => (parseUrl(written, ['smtp:', 'smtps:'])?.hostname ? written : undefined),
};

const SENDER_NAME = /^[^<>"@,;:\\\p{Cc}]{1,100}$/u;
const SENDER_ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}$/;

/** A sender: an address, or a name and an address in angle brackets. */
export const sender: Kind<string> = {
  expects: 'an address like no-reply@example.com or Example <no-reply@example.com>',
  read: (written) => {
    const [, name, address = written] = /^([^<>]*) <([^<>]*)>$/.exec(written) ?? [];
    return SENDER_ADDRESS.test(address) && SENDER_NAME.test(name ?? 'none') ? written : undefined;
  },
};

/** Networks in CIDR notation, or single addresses, with commas between them. */
export const networks: Kind<readonly string[]> = {
  expects: 'addresses or networks like 10.0.0.0/8, separated by commas',
  read: (written) => all(items(written), (item) => (isNetwork(item) ? item : undefined)),
};

function isNetwork(item: string): boolean {
  const [address = '', prefix, ...rest] = item.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) return false;
  new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  return true;
}

function isAddress(url: string): boolean {
  try {
    parseAddress(url);
    return true;
  } catch (error) {
    if (error instanceof AddressInvalid) return false;
    throw error;
  }
}

function hasControlCharacters(written: string): boolean {
  return /\p{Cc}/u.test(written);
}

function items(written: string): readonly string[] {
  return written
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function all<Value>(list: readonly string[], read: (item: string) => Value | undefined): readonly Value[] | undefined {
  const values = list.map(read).filter((value) => value !== undefined);
  return values.length === list.length ? values : undefined;
}

function parseUrl(written: string, protocols: readonly string[]): URL | undefined {
  if (hasControlCharacters(written) || !URL.canParse(written)) return undefined;
  const url = new URL(written);
  return protocols.includes(url.protocol) ? url : undefined;
}
