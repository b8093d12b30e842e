import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MIN_PASSWORD } from '#domain/password';

const require = createRequire(import.meta.url);

let common: ReadonlySet<string> | undefined;

/**
 * Whether a password, in NFKC, is on the offline list of common ones, whatever its case (NIST SP 800-63B, 3.1.1.2).
 * Entries that are too short to be a password here are not kept: 3,543 remain (OWASP ASVS 5.0, 6.2.4 asks for 3,000).
 */
export function isCommonPassword(password: string): boolean {
  common ??= readList();
  return common.has(password.toLowerCase());
}

// The package's index would load every word list; the source of this one is a plain array of lower-case words.
function readList(): ReadonlySet<string> {
  const file = require.resolve('@zxcvbn-ts/language-common/src/passwords.json');
  const words: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!Array.isArray(words)) throw new Error(`${file} is not a list.`);
  return new Set(words.filter(isLongEnough));
}

function isLongEnough(word: unknown): word is string {
  return typeof word === 'string' && word.length >= MIN_PASSWORD.standard;
}
