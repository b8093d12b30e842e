import type { Secret } from '#domain/secret';

import { productionFaults } from './production-rules.ts';
import { SETTINGS, type Setting, type SettingName, type SettingValues } from './settings.ts';

/** The environment the settings are read from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Some settings are missing or wrong. The message tells every fault at once and holds no secret. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';

  constructor(readonly faults: readonly string[]) {
    super(
      ['The configuration is not usable:', ...faults.map((fault) => `  - ${fault}`), 'See docs/configuration.md.'].join(
        '\n',
      ),
    );
  }
}

/** The settings of the process, read and checked once at the start and frozen. `settings.ts` tells what each is for. */
export class Config {
  readonly nodeEnv: 'development' | 'test' | 'production';
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** Without a slash at its end. */
  readonly webUrl: string | undefined;
  readonly webOrigins: readonly string[];
  readonly databaseUrl: string;
  readonly databaseOwnerUrl: string | undefined;
  readonly databasePool: number;
  /** Undefined: letters go to the development mailbox. */
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly secret: Secret;
  readonly previousSecrets: readonly Secret[];
  readonly passwordPepper: Secret | undefined;
  readonly passwordHasher: 'node-rs' | 'argon2';
  /** Without a slash at its end; undefined: nobody is asked. */
  readonly breachedPasswordsUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly securityProfile: 'standard' | 'strict';
  readonly rateLimitScale: number;
  readonly claimSeconds: number;
  readonly claimResends: number;
  readonly claimResendGapSeconds: number;
  readonly accessTokenSeconds: number;
  readonly accessTokenAudience: string;
  readonly refreshGraceSeconds: number;
  /** 0: the job is off. */
  readonly purgeIntervalSeconds: number;
  readonly metricsPort: number | undefined;
  readonly metricsToken: Secret | undefined;

  constructor(values: SettingValues) {
    this.nodeEnv = values.NODE_ENV;
    this.production = values.NODE_ENV === 'production';
    this.port = values.PORT;
    this.host = values.HOST ?? (this.production ? '0.0.0.0' : '127.0.0.1');
    this.dataDir = values.DATA_DIR;
    this.logLevel = values.LOG_LEVEL;
    this.publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;
    this.webUrl = values.WEB_URL;
    this.webOrigins = Object.freeze(values.WEB_ORIGINS);
    this.databaseUrl = values.DATABASE_URL;
    this.databaseOwnerUrl = values.DATABASE_OWNER_URL;
    this.databasePool = values.DATABASE_POOL;
    this.smtpUrl = values.SMTP_URL;
    this.mailFrom = values.MAIL_FROM;
    this.secret = values.TROTH_SECRET;
    this.previousSecrets = Object.freeze(values.TROTH_SECRETS_PREVIOUS);
    this.passwordPepper = values.PASSWORD_PEPPER;
    this.passwordHasher = values.PASSWORD_HASHER;
    this.breachedPasswordsUrl = values.BREACHED_PASSWORDS_URL;
    this.trustedProxies = Object.freeze(values.TRUSTED_PROXIES);
    this.securityProfile = values.SECURITY_PROFILE;
    this.rateLimitScale = values.RATE_LIMIT_SCALE;
    this.claimSeconds = values.CLAIM_SECONDS;
    this.claimResends = values.CLAIM_RESENDS;
    this.claimResendGapSeconds = values.CLAIM_RESEND_GAP_SECONDS;
    this.accessTokenSeconds = values.ACCESS_TOKEN_SECONDS;
    this.accessTokenAudience = values.ACCESS_TOKEN_AUDIENCE ?? this.publicUrl;
    this.refreshGraceSeconds = values.REFRESH_GRACE_SECONDS;
    this.purgeIntervalSeconds = values.PURGE_INTERVAL_SECONDS;
    this.metricsPort = values.METRICS_PORT;
    this.metricsToken = values.METRICS_TOKEN;
    Object.freeze(this);
  }
}

/** Reads and checks every setting; an empty variable counts as unset. Throws ConfigInvalid with all faults at once. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const entries = Object.entries(SETTINGS).map(([name, setting]) => {
    const [value, fault] = readSetting(name, setting, environment);
    if (fault !== undefined) faults.push(fault);
    return [name, value];
  });
  const values = Object.fromEntries(entries) as SettingValues;
  if (values.NODE_ENV === 'production') faults.push(...productionFaults(values));
  if (values.METRICS_PORT === values.PORT && values.PORT > 0) faults.push('METRICS_PORT must differ from PORT.');
  if (faults.length > 0) throw new ConfigInvalid(faults);
  return new Config(values);
}

/** Some settings and no others; undefined stands for none of them. */
export type NeededSettings<Name extends SettingName> = {
  readonly [Needed in Name]: Exclude<SettingValues[Needed], undefined>;
};

/** Reads and checks the settings that a command needs: each has to be there, or to have a default. Throws ConfigInvalid. */
export function readNeeded<Name extends SettingName>(
  environment: Environment,
  names: readonly Name[],
): NeededSettings<Name> {
  const faults: string[] = [];
  const entries = names.map((name) => {
    const setting: Setting<unknown> = SETTINGS[name];
    const needed: Setting<unknown> = setting.default === undefined ? { ...setting, required: 'always' } : setting;
    const [value, fault] = readSetting(name, needed, environment);
    if (fault !== undefined) faults.push(fault);
    return [name, value];
  });
  if (faults.length > 0) throw new ConfigInvalid(faults);
  return Object.fromEntries(entries) as NeededSettings<Name>;
}

function readSetting(name: string, setting: Setting<unknown>, environment: Environment): [unknown, fault?: string] {
  const given = environment[name]?.trim() ?? '';
  const production = environment.NODE_ENV?.trim() === 'production';
  if (given === '' && (setting.required === 'always' || (setting.required === 'in production' && production))) {
    return [undefined, `${name} is missing. ${setting.doc}`];
  }
  const written = given === '' ? setting.default : given;
  if (written === undefined) return [undefined];
  const value = setting.kind.read(written);
  if (value === undefined) return [undefined, `${name} must be ${setting.kind.expects}.`];
  return [value];
}
