import {
  baseUrl,
  choice,
  databaseUrl,
  integer,
  listableSecret,
  networks,
  origins,
  positive,
  secret,
  secrets,
  sender,
  smtpUrl,
  text,
  type Kind,
} from './kinds.ts';

/** One setting: an environment variable that the service reads. */
export interface Setting<Value> {
  readonly kind: Kind<Value>;
  /** What is read when the variable is unset or empty. Absent: the setting has no value then, or one made from others. */
  readonly default?: string;
  /** Whether the service refuses to start without it. */
  readonly required?: 'always' | 'in production';
  /** Whether its text is kept out of every message. */
  readonly secret?: true;
  /** What it is for, and its unit. */
  readonly doc: string;
}

/** Every setting there is. `docs/configuration.md` and `.env.example` list the same ones; a test compares them. */
export const SETTINGS = {
  NODE_ENV: {
    kind: choice('development', 'test', 'production'),
    default: 'development',
    doc: 'In production the service refuses what is only good for trying it out.',
  },
  PORT: { kind: integer(0, 65_535), default: '3000', doc: 'Port of the API; 0 takes a free one.' },
  HOST: { kind: text, doc: 'Address to listen on: 127.0.0.1 by default, 0.0.0.0 in production.' },
  DATA_DIR: {
    kind: text,
    default: '.data',
    doc: 'Folder of the embedded database and of the secret that npm start makes.',
  },
  LOG_LEVEL: {
    kind: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
    doc: 'The least severe log lines that are written.',
  },
  PUBLIC_URL: {
    kind: baseUrl,
    required: 'in production',
    doc: 'Where clients reach the API: http://localhost:PORT by default, https in production.',
  },
  WEB_URL: {
    kind: baseUrl,
    doc: 'The web application that links in letters point to; unset, they point to pages of the API.',
  },
  WEB_ORIGINS: { kind: origins, default: '', doc: 'Origins of web applications that may call the API from a browser.' },
  DATABASE_URL: {
    kind: databaseUrl,
    required: 'always',
    secret: true,
    doc: 'PostgreSQL as the role troth_app; npm start sets it to the embedded database.',
  },
  DATABASE_OWNER_URL: {
    kind: databaseUrl,
    secret: true,
    doc: 'PostgreSQL as the role troth_owner, for migrations only.',
  },
  DATABASE_POOL: { kind: integer(1, 200), default: '10', doc: 'Database connections a process keeps.' },
  SMTP_URL: {
    kind: smtpUrl,
    required: 'in production',
    secret: true,
    doc: 'The mail server; unset outside production, letters go to the development mailbox.',
  },
  MAIL_FROM: {
    kind: sender,
    default: 'Troth <no-reply@localhost>',
    required: 'in production',
    doc: 'The sender of every letter.',
  },
  TROTH_SECRET: {
    kind: listableSecret,
    required: 'always',
    secret: true,
    doc: 'All keys are derived from it: 32 characters or more; npm start makes one.',
  },
  TROTH_SECRETS_PREVIOUS: {
    kind: secrets,
    default: '',
    secret: true,
    doc: 'Former values of TROTH_SECRET, newest first: what they signed stays valid.',
  },
  PASSWORD_PEPPER: {
    kind: secret,
    secret: true,
    doc: 'A key that password hashes depend on besides the database; it can never be changed.',
  },
  PASSWORD_HASHER: {
    kind: choice('node-rs', 'argon2'),
    default: 'node-rs',
    doc: 'The binding of Argon2id: @node-rs/argon2 or argon2.',
  },
  BREACHED_PASSWORDS_URL: {
    kind: baseUrl,
    doc: 'A service that is asked for breached passwords, like https://api.pwnedpasswords.com/range; unset, nobody is asked.',
  },
  TRUSTED_PROXIES: { kind: networks, default: '', doc: 'Proxies whose X-Forwarded-For is believed, as networks.' },
  SECURITY_PROFILE: {
    kind: choice('standard', 'strict'),
    default: 'standard',
    doc: 'strict: codes of 8 digits always, passwords of 15 characters or more.',
  },
  RATE_LIMIT_SCALE: { kind: positive(1_000_000), default: '1', doc: 'Multiplies every limit per source.' },
  CLAIM_SECONDS: { kind: integer(1, 3_600), default: '60', doc: 'Seconds to prove a claim, anew after each resend.' },
  CLAIM_RESENDS: { kind: integer(0, 10), default: '3', doc: 'How often a code may be sent again.' },
  CLAIM_RESEND_GAP_SECONDS: {
    kind: integer(0, 3_600),
    default: '15',
    doc: 'Seconds between two letters of one claim.',
  },
  ACCESS_TOKEN_SECONDS: {
    kind: integer(30, 3_600),
    default: '300',
    doc: 'Seconds an access token is good for.',
  },
  ACCESS_TOKEN_AUDIENCE: { kind: text, doc: 'The audience of access tokens: PUBLIC_URL by default.' },
  REFRESH_GRACE_SECONDS: {
    kind: integer(0, 60),
    default: '10',
    doc: 'Seconds in which a refresh token that was used is answered with the same successor again.',
  },
  PURGE_INTERVAL_SECONDS: {
    kind: integer(0, 3_600),
    default: '10',
    doc: 'Seconds between two runs of the purge job; 0 turns it off.',
  },
  METRICS_PORT: { kind: integer(0, 65_535), doc: 'Port at 127.0.0.1 that serves /metrics; 0 takes a free one.' },
  METRICS_TOKEN: { kind: secret, secret: true, doc: 'The bearer token that opens /metrics on the port of the API.' },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

type ValueOf<Name extends SettingName> = (typeof SETTINGS)[Name] extends { kind: Kind<infer Value> } ? Value : never;
type Absence<Name extends SettingName> = (typeof SETTINGS)[Name] extends { default: string } | { required: 'always' }
  ? never
  : undefined;

/** The values of all settings, read and well-formed. */
export type SettingValues = { readonly [Name in SettingName]: ValueOf<Name> | Absence<Name> };
