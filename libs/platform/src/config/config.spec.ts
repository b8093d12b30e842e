import { Secret } from '#domain/secret';

import { ConfigInvalid, readConfig, readNeeded, type Config, type Environment } from './config.ts';
import { SETTINGS, type Setting } from './settings.ts';

const SECRET = 'kQ2v8yX1mZ7pR4tW9bN3cL6hJ5dF0gSa';
const DATABASE_URL = 'postgres://troth_app:hidden-password@db.example.com:5432/troth';
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL,
  TROTH_SECRET: SECRET,
  PUBLIC_URL: 'https://auth.example.com',
  SMTP_URL: 'smtps://user:hidden-password@mail.example.com',
  MAIL_FROM: 'Troth <no-reply@example.com>',
};

function read(more: Environment = {}): Config {
  return readConfig({ DATABASE_URL, TROTH_SECRET: SECRET, ...more });
}

function faultsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.faults;
    throw error;
  }
}

/** The names of the settings that the faults are about. */
function faulty(environment: Environment): readonly string[] {
  return faultsOf(environment).map((fault) => fault.split(' ', 1)[0] ?? '');
}

test('outside production two settings are enough, and the rest is made for trying it out', () => {
  expect(Object.assign({}, read())).toEqual({
    nodeEnv: 'development',
    production: false,
    port: 3000,
    host: '127.0.0.1',
    dataDir: '.data',
    logLevel: 'info',
    publicUrl: 'http://localhost:3000',
    webUrl: undefined,
    webOrigins: [],
    databaseUrl: DATABASE_URL,
    databaseOwnerUrl: undefined,
    databasePool: 10,
    smtpUrl: undefined,
    mailFrom: 'Troth <no-reply@localhost>',
    secret: new Secret(SECRET),
    previousSecrets: [],
    passwordPepper: undefined,
    passwordHasher: 'node-rs',
    breachedPasswordsUrl: undefined,
    trustedProxies: [],
    securityProfile: 'standard',
    rateLimitScale: 1,
    claimSeconds: 60,
    claimResends: 3,
    claimResendGapSeconds: 15,
    accessTokenSeconds: 300,
    accessTokenAudience: 'http://localhost:3000',
    refreshGraceSeconds: 10,
    purgeIntervalSeconds: 10,
    metricsPort: undefined,
    metricsToken: undefined,
  });
});

test('the address of the API follows the port', () => {
  expect(read({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080');
});

test('a good production configuration is accepted and listens to the world', () => {
  const config = readConfig(PRODUCTION);
  expect([config.production, config.host, config.publicUrl]).toEqual([true, '0.0.0.0', 'https://auth.example.com']);
});

test('an empty variable counts as unset, and white space around a value does not count', () => {
  const config = read({ PORT: '', HOST: '  ', LOG_LEVEL: ' warn ', METRICS_TOKEN: '' });
  expect([config.port, config.host, config.logLevel, config.metricsToken]).toEqual([
    3000,
    '127.0.0.1',
    'warn',
    undefined,
  ]);
});

test('all faults are told at once, by name, without the values', () => {
  const environment = {
    ...PRODUCTION,
    PORT: '70000',
    DATABASE_URL: 'mysql://root:hidden-password@db/x',
    TROTH_SECRET: 'hidden-password',
    SMTP_URL: 'hidden-password',
    LOG_LEVEL: 'loud',
    WEB_URL: 'http://web.example.com',
  };
  expect(faulty(environment)).toEqual(['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'SMTP_URL', 'TROTH_SECRET', 'WEB_URL']);
  const message = new ConfigInvalid(faultsOf(environment)).message;
  expect(message).not.toContain('hidden-password');
  expect(message.split('\n')).toHaveLength(8);
  expect(message).toContain('PORT must be a whole number from 0 to 65535.');
});

test('what is missing is told with what it is for', () => {
  expect(faultsOf({})).toEqual([
    `DATABASE_URL is missing. ${SETTINGS.DATABASE_URL.doc}`,
    `TROTH_SECRET is missing. ${SETTINGS.TROTH_SECRET.doc}`,
  ]);
  expect(faulty({ NODE_ENV: 'production' })).toEqual([
    'PUBLIC_URL',
    'DATABASE_URL',
    'SMTP_URL',
    'MAIL_FROM',
    'TROTH_SECRET',
  ]);
});

test('neither the object nor what it holds can be changed, and its secrets do not print', () => {
  const config = read({ TROTH_SECRETS_PREVIOUS: `${SECRET}1, ${SECRET}2`, WEB_ORIGINS: 'https://a.example' });
  expect(config.previousSecrets.map((secret) => secret.reveal())).toEqual([`${SECRET}1`, `${SECRET}2`]);
  for (const part of [config, config.webOrigins, config.trustedProxies, config.previousSecrets]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
  expect(JSON.stringify(config)).not.toContain(SECRET);
});

describe('a setting of each kind', () => {
  const good: readonly (readonly [keyof typeof SETTINGS, string, keyof Config, unknown])[] = [
    ['RATE_LIMIT_SCALE', '0.5', 'rateLimitScale', 0.5],
    ['PURGE_INTERVAL_SECONDS', '0', 'purgeIntervalSeconds', 0],
    ['ACCESS_TOKEN_SECONDS', '60', 'accessTokenSeconds', 60],
    ['ACCESS_TOKEN_AUDIENCE', 'https://api.example.com', 'accessTokenAudience', 'https://api.example.com'],
    ['REFRESH_GRACE_SECONDS', '0', 'refreshGraceSeconds', 0],
    ['PUBLIC_URL', 'https://Example.com/auth/', 'publicUrl', 'https://example.com/auth'],
    [
      'WEB_ORIGINS',
      'https://a.example, http://localhost:5173',
      'webOrigins',
      ['https://a.example', 'http://localhost:5173'],
    ],
    ['TRUSTED_PROXIES', '10.0.0.0/8, ::1,fd00::/8', 'trustedProxies', ['10.0.0.0/8', '::1', 'fd00::/8']],
    ['MAIL_FROM', 'no-reply@example.com', 'mailFrom', 'no-reply@example.com'],
    ['MAIL_FROM', 'Größe & Co <a+b@example.com>', 'mailFrom', 'Größe & Co <a+b@example.com>'],
    [
      'DATABASE_OWNER_URL',
      'postgresql://o@[::1]/t?sslmode=require',
      'databaseOwnerUrl',
      'postgresql://o@[::1]/t?sslmode=require',
    ],
  ];
  test.each(good)('%s=%s', (name, text, field, value) => {
    expect(read({ [name]: text })[field]).toEqual(value);
  });

  const bad: readonly (readonly [keyof typeof SETTINGS, readonly string[]])[] = [
    ['NODE_ENV', ['prod', 'Production']],
    ['PORT', ['-1', '65536', '3e3', '0x10', '3000.5', 'http', '٣']],
    ['DATABASE_POOL', ['0', '201']],
    ['RATE_LIMIT_SCALE', ['0', '-1', 'Infinity', '1e3', '1000001']],
    [
      'PUBLIC_URL',
      ['localhost:3000', 'ftp://a.example', 'https://u:p@a.example', 'https://a.example/?x=1', 'https://a.example/#x'],
    ],
    ['WEB_ORIGINS', ['https://a.example/', 'https://a.example/path', 'a.example', 'https://a.example,null', '*']],
    [
      'DATABASE_URL',
      ['postgres', 'mysql://u@a/b', 'postgres://u@/b', 'postgres://u@a\tb/c', 'postgres://a/b', 'postgres://u:%zz@a/b'],
    ],
    ['DATABASE_URL', ['postgres://u@a/b?sslmode=prefer', 'postgres://u@a/b?sslcert=x']],
    ['DATABASE_OWNER_URL', ['postgres://u@a/b?sslmode=prefer']],
    ['TROTH_SECRET', [`${SECRET},${SECRET}`]],
    ['SMTP_URL', ['mail.example.com:587', 'http://mail.example.com', 'smtp://']],
    [
      'MAIL_FROM',
      ['Troth', 'a@b@c', '<a@b>', 'A <a@b', 'A "B" <a@b>', 'A, B <a@b>', 'a@b\r\nBcc: c@d', 'A <a@b>, C <c@d>'],
    ],
    [
      'TRUSTED_PROXIES',
      ['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', 'fe80::1%eth0', '::/129', '10.0.0.0/8/8', 'proxy.example'],
    ],
    ['METRICS_PORT', ['65536', '3000']],
  ];
  test.each(bad)('%s refuses %j', (name, texts) => {
    for (const text of texts)
      expect([text, faulty({ DATABASE_URL, TROTH_SECRET: SECRET, [name]: text })]).toEqual([text, [name]]);
  });
});

describe('production refuses', () => {
  const refusals: readonly (readonly [string, Environment, keyof typeof SETTINGS])[] = [
    ['a short secret', { TROTH_SECRET: SECRET.slice(0, 31) }, 'TROTH_SECRET'],
    ['a placeholder', { TROTH_SECRET: 'change-me-change-me-change-me-change-me-1234' }, 'TROTH_SECRET'],
    ['a secret of one letter', { TROTH_SECRET: 'x'.repeat(64) }, 'TROTH_SECRET'],
    ['a short former secret', { TROTH_SECRETS_PREVIOUS: `${SECRET},${SECRET.slice(1)}` }, 'TROTH_SECRETS_PREVIOUS'],
    ['a short pepper', { PASSWORD_PEPPER: 'salt' }, 'PASSWORD_PEPPER'],
    ['a short metrics token', { METRICS_TOKEN: 'token' }, 'METRICS_TOKEN'],
    ['an http address', { PUBLIC_URL: 'http://auth.example.com' }, 'PUBLIC_URL'],
    ['an http web application', { WEB_URL: 'http://app.example.com' }, 'WEB_URL'],
    ['an http origin', { WEB_ORIGINS: 'https://a.example,http://b.example' }, 'WEB_ORIGINS'],
    ['plain SMTP to another host', { SMTP_URL: 'smtp://mail.example.com:587' }, 'SMTP_URL'],
    ['SMTP that only asks for TLS', { SMTP_URL: 'smtp://mail.example.com?requireTLS=false' }, 'SMTP_URL'],
    ['SMTP that ignores TLS', { SMTP_URL: 'smtp://mail.example.com?requireTLS=true&ignoreTLS=true' }, 'SMTP_URL'],
    [
      'SMTP that ignores TLS by a number',
      { SMTP_URL: 'smtp://mail.example.com?requireTLS=true&ignoreTLS=1' },
      'SMTP_URL',
    ],
    ['SMTP of two minds', { SMTP_URL: 'smtp://mail.example.com?requireTLS=true&requireTLS=false' }, 'SMTP_URL'],
    ['any certificate', { SMTP_URL: 'smtps://mail.example.com?tls.rejectUnauthorized=false' }, 'SMTP_URL'],
    ['SMTPS that is switched off', { SMTP_URL: 'smtps://mail.example.com?secure=false' }, 'SMTP_URL'],
    ['a host that only looks like loopback', { SMTP_URL: 'smtp://127.0.0.1.example.com' }, 'SMTP_URL'],
  ];
  test.each(refusals)('%s', (_what, environment, name) => {
    expect(faulty({ ...PRODUCTION, ...environment })).toEqual([name]);
    expect(faulty({ ...PRODUCTION, ...environment, NODE_ENV: 'test' })).toEqual([]);
  });

  test.each([
    'smtp://localhost:1025',
    'smtp://127.0.0.1',
    'smtp://[::1]:25',
    'smtp://mail.example.com?requireTLS=true',
  ])('nothing about %s', (url) => {
    expect(faulty({ ...PRODUCTION, SMTP_URL: url })).toEqual([]);
  });
});

test('every setting has a doc of one line, and a default of its own kind', () => {
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    expect([name, setting.doc.length > 10 && !setting.doc.includes('\n')]).toEqual([name, true]);
    const value = setting.default === undefined ? 'none' : setting.kind.read(setting.default);
    expect([name, value === undefined]).toEqual([name, false]);
  }
});

test('a command reads the settings it needs: each has to be there or to have a default', () => {
  const needed = readNeeded({ DATABASE_OWNER_URL: ` ${DATABASE_URL} `, PORT: 'none' }, [
    'DATABASE_OWNER_URL',
    'LOG_LEVEL',
  ]);
  expect(needed).toEqual({ DATABASE_OWNER_URL: DATABASE_URL, LOG_LEVEL: 'info' });
  const faulty = (): unknown => readNeeded({ PORT: 'none' }, ['DATABASE_OWNER_URL', 'PORT']);
  expect(faulty).toThrow(ConfigInvalid);
  expect(faulty).toThrow(/DATABASE_OWNER_URL is missing.*\n.*PORT must be a whole number/);
});
