import { PurgeJob } from '#api/housekeeping/purge-job';
import { HashGate } from '#platform/hashing/hash-gate';
import { PasswordHasher } from '#platform/hashing/password-hasher';
import { KeyRing } from '#platform/keys/key-ring';
import { type Delivery, Mailbox } from '#platform/mail/mailbox';
import { TestClaimant, wrong } from '#testing/claimant';
import { eventually } from '#testing/eventually';
import { moved, type Series, seriesOf } from '#testing/metric-deltas';
import { startTestApp, type TestApp } from '#testing/test-app';
import { age, ageQuotas } from '#testing/time-travel';

const TOKEN = 'the bearer token of the suite of metrics'.replaceAll(' ', '-');
const SETTINGS = { METRICS_TOKEN: TOKEN, CLAIM_RESENDS: '1', CLAIM_RESEND_GAP_SECONDS: '5' };
/** Every counter of a flow, and how many passwords were hashed. */
const COUNTERS = [
  ...['registrations', 'activations', 'resends', 'withdrawals', 'letters', 'purged_rows', 'rate_limited'].map(
    (name) => `troth_${name}_total`,
  ),
  'troth_hash_seconds_count',
];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp(SETTINGS);
});
afterAll(() => app.stop());

let people = 0;
const someone = (on = app): TestClaimant => new TestClaimant(on, `counted${++people}@example.com`);
const counters = (on = app): Promise<Series> => seriesOf(on, TOKEN, COUNTERS);

const outcome = (metric: string, name: string, count = 1): Series => ({
  [`troth_${metric}_total{outcome="${name}"}`]: count,
});
const letter = (kind: string, name: string): Series => ({
  [`troth_letters_total{kind="${kind}",outcome="${name}"}`]: 1,
});
const hashes = (count: number): Series => (count === 0 ? {} : { troth_hash_seconds_count: count });

interface Scenario {
  readonly given?: (ada: TestClaimant) => Promise<unknown>;
  readonly act: (ada: TestClaimant) => Promise<unknown>;
  readonly moves: Series;
}

const claimed = (ada: TestClaimant) => ada.register();
const overdue = (ada: TestClaimant) => ada.register().then(() => age(app.db, ada.email, 61));
const keyOf = ({ email }: TestClaimant) => app.get(KeyRing).addressKey(email);
const muted = (ada: TestClaimant) =>
  app.db.owner`insert into registration_mute values (${keyOf(ada)}::bytea, clock_timestamp() + interval '1 day')`;
const usedUp = (ada: TestClaimant) =>
  app.db.owner`
    insert into address_quota
    values (${keyOf(ada)}::bytea, 'registration_letters', clock_timestamp(), 10, clock_timestamp(), 20, clock_timestamp())
    on conflict (address_key, kind) do update set hour_count = 10, day_count = 20`;
const struckTwice = async (ada: TestClaimant): Promise<void> => {
  await ada.register();
  for (const _strike of [1, 2]) await ada.activate(wrong(await ada.code()));
};
const resent = async (ada: TestClaimant) => {
  await ada.register();
  await age(app.db, ada.email, 6);
  await ada.resend();
  await age(app.db, ada.email, 6);
};
const keyed = (ada: TestClaimant, more = {}) => ada.register(more, { 'idempotency-key': ada.email });
const delivered = (delivery: Delivery) => {
  jest.spyOn(app.get(Mailbox), 'send').mockResolvedValueOnce(delivery);
  return Promise.resolve();
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a free address that is claimed': {
    act: claimed,
    moves: { ...outcome('registrations', 'claimed'), ...letter('registration_code', 'sent'), ...hashes(1) },
  },
  'a claimed address that is claimed again': {
    given: claimed,
    act: claimed,
    moves: { ...outcome('registrations', 'already_claimed'), ...hashes(1) },
  },
  'a claim of the mailbox’s owner': {
    given: claimed,
    act: async (ada) => ada.register({ owner_token: await ada.ownerToken() }),
    moves: { ...outcome('registrations', 'superseded'), ...letter('registration_code', 'sent'), ...hashes(1) },
  },
  'an active address that is registered': {
    given: (ada) => ada.becomeActive(),
    act: claimed,
    moves: { ...outcome('registrations', 'notified'), ...letter('already_registered', 'sent'), ...hashes(1) },
  },
  'a muted address': { given: muted, act: claimed, moves: { ...outcome('registrations', 'muted'), ...hashes(1) } },
  'an address that was sent enough': {
    given: usedUp,
    act: claimed,
    moves: { ...outcome('registrations', 'over_quota'), ...hashes(1) },
  },
  'a registration that is sent again': {
    given: keyed,
    act: keyed,
    moves: { ...outcome('registrations', 'replay'), ...hashes(1) },
  },
  'another registration with the same key': {
    given: keyed,
    act: (ada) => keyed(ada, { username: 'somebody' }),
    moves: { ...outcome('registrations', 'conflict'), ...hashes(1) },
  },
  'the right code': {
    given: claimed,
    act: async (ada) => ada.activate(await ada.code()),
    moves: { ...outcome('activations', 'activated'), ...hashes(1) },
  },
  'a wrong code': {
    given: claimed,
    act: async (ada) => ada.activate(wrong(await ada.code())),
    moves: { ...outcome('activations', 'struck'), ...hashes(1) },
  },
  'the third wrong code': {
    given: struckTwice,
    act: async (ada) => ada.activate(wrong(await ada.code())),
    moves: { ...outcome('activations', 'struck_out'), ...hashes(1) },
  },
  'the right code with a wrong password': {
    given: claimed,
    act: async (ada) => ada.activate(await ada.code(), 'not the right password'),
    moves: { ...outcome('activations', 'wrong_password'), ...hashes(1) },
  },
  'the right code too late': {
    given: overdue,
    act: async (ada) => ada.activate(await ada.code()),
    moves: { ...outcome('activations', 'expired'), ...hashes(1) },
  },
  'a code for an unknown address': {
    act: (ada) => ada.activate('0000'),
    moves: { ...outcome('activations', 'no_claim'), ...hashes(1) },
  },
  'the right code once more': {
    given: (ada) => ada.becomeActive(),
    act: async (ada) => ada.activate(await ada.code()),
    moves: { ...outcome('activations', 'replayed'), ...hashes(1) },
  },
  'a wrong code after the right one': {
    given: (ada) => ada.becomeActive(),
    act: async (ada) => ada.activate(wrong(await ada.code())),
    moves: { ...outcome('activations', 'refused_replay'), ...hashes(1) },
  },
  'a resend': {
    given: (ada) => ada.register().then(() => age(app.db, ada.email, 6)),
    act: (ada) => ada.resend(),
    moves: { ...outcome('resends', 'resent'), ...letter('registration_code', 'sent'), ...hashes(1) },
  },
  'a resend that comes too soon': {
    given: claimed,
    act: (ada) => ada.resend(),
    moves: { ...outcome('resends', 'too_soon'), ...hashes(1) },
  },
  'a resend too many': {
    given: resent,
    act: (ada) => ada.resend(),
    moves: { ...outcome('resends', 'resends_used_up'), ...hashes(1) },
  },
  'a resend with a wrong password': {
    given: claimed,
    act: (ada) => ada.resend('not the right password'),
    moves: { ...outcome('resends', 'wrong_password'), ...hashes(1) },
  },
  'a resend for an unknown address': {
    act: (ada) => ada.resend(),
    moves: { ...outcome('resends', 'no_claim'), ...hashes(1) },
  },
  'a resend too late': {
    given: overdue,
    act: (ada) => ada.resend(),
    moves: { ...outcome('resends', 'expired'), ...hashes(1) },
  },
  'a resend to a muted address': {
    given: (ada) => ada.register().then(() => Promise.all([muted(ada), age(app.db, ada.email, 6)])),
    act: (ada) => ada.resend(),
    moves: { ...outcome('resends', 'muted'), ...hashes(1) },
  },
  'a resend to an address that was sent enough': {
    given: (ada) => ada.register().then(() => Promise.all([usedUp(ada), age(app.db, ada.email, 6)])),
    act: (ada) => ada.resend(),
    moves: { ...outcome('resends', 'over_quota'), ...hashes(1) },
  },
  'a withdrawal': {
    given: claimed,
    act: (ada) => ada.withdraw(),
    moves: { ...outcome('withdrawals', 'withdrawn'), ...hashes(1) },
  },
  'a withdrawal with a wrong password': {
    given: claimed,
    act: (ada) => ada.withdraw('not the right password'),
    moves: { ...outcome('withdrawals', 'wrong_password'), ...hashes(1) },
  },
  'a withdrawal for an unknown address': {
    act: (ada) => ada.withdraw(),
    moves: { ...outcome('withdrawals', 'no_claim'), ...hashes(1) },
  },
  'a withdrawal too late': {
    given: overdue,
    act: (ada) => ada.withdraw(),
    moves: { ...outcome('withdrawals', 'expired'), ...hashes(1) },
  },
  'a letter that the mail server refuses for now': {
    given: () => delivered({ kind: 'later', reason: 'smtp_451' }),
    act: (ada) => ada.register().then(() => ada.letter()),
    moves: {
      ...outcome('registrations', 'claimed'),
      ...letter('registration_code', 'later'),
      ...letter('registration_code', 'sent'),
      ...hashes(1),
    },
  },
  'a letter that the mail server refuses for good': {
    given: () => delivered({ kind: 'never', reason: 'smtp_550' }),
    act: claimed,
    moves: { ...outcome('registrations', 'claimed'), ...letter('registration_code', 'never'), ...hashes(1) },
  },
  'a mute': {
    given: claimed,
    act: async (ada) => app.ask('/v1/registrations/mute', { body: { owner_token: await ada.ownerToken(), days: 1 } }),
    moves: {},
  },
};

test.each(Object.entries(SCENARIOS))(
  '%s moves its counters by one, and no others',
  async (_, { given, act, moves }) => {
    const ada = someone();
    await given?.(ada);
    await ada.settledLetters();
    const before = await counters();
    await act(ada);
    await ada.settledLetters();
    expect(moved(before, await counters())).toEqual(moves);
  },
);

test('each kind of row that a purge removes is counted', async () => {
  const on = await startTestApp(SETTINGS);
  try {
    const [overdueClaimant, active, struck] = [someone(on), someone(on), someone(on)];
    await overdueClaimant.register({}, { 'idempotency-key': 'of-the-purge' });
    await active.becomeActive();
    await struck.register();
    await struck.activate(wrong(await struck.code()));
    await struck.settledLetters();
    for (const { email } of [overdueClaimant, active, struck]) await age(on.db, email, 61);
    await ageQuotas(on.db, 86_401);
    const { owner } = on.db;
    await owner`insert into registration_mute values ('\\x00', clock_timestamp())`;
    await owner`update struck_claim set struck_at = struck_at - interval '31 days'`;
    await owner`update idempotency_key set used_at = used_at - interval '25 hours'`;
    await owner`
      insert into letter (kind, envelope, address_key, window_closes_at)
      values ('already_registered', '\\x00', '\\x00', clock_timestamp() - interval '1 second')`;
    const before = await counters(on);
    await on.get(PurgeJob).run();
    const kinds = { claims: 2, replays: 1, letters: 1, quotas: 3, mutes: 1, strikes: 1, idempotencyKeys: 1 };
    expect(moved(before, await counters(on))).toEqual(
      Object.fromEntries(
        Object.entries(kinds).map(([kind, rows]) => [`troth_purged_rows_total{kind="${kind}"}`, rows]),
      ),
    );
  } finally {
    await on.stop();
  }
});

test('each limit that refuses a source is counted by its name', async () => {
  const on = await startTestApp({ ...SETTINGS, RATE_LIMIT_SCALE: '0.1' }, app.db);
  try {
    const ada = someone(on);
    const acts = {
      registrations: () => ada.register(),
      activation: () => ada.activate('0000'),
      resend: () => ada.resend(),
      withdrawal: () => ada.withdraw(),
      mute: () => on.ask('/v1/registrations/mute', { body: { owner_token: 'x', days: 1 } }),
      all: () => on.ask('/v1/security/parameters'),
    };
    for (const [limit, act] of Object.entries(acts)) {
      const statuses: number[] = [];
      const before = await seriesOf(on, TOKEN, ['troth_rate_limited_total']);
      while (statuses.at(-1) !== 429 && statuses.length < 50) statuses.push((await act()).status);
      const after = await seriesOf(on, TOKEN, ['troth_rate_limited_total']);
      expect(moved(before, after)).toEqual({ [`troth_rate_limited_total{limit="${limit}-per-minute"}`]: 1 });
    }
  } finally {
    await on.stop();
  }
});

describe('hashes', () => {
  const EXTRA = 3;
  const GAUGES = [
    'troth_hash_in_flight',
    'troth_hash_queue_length',
    'troth_hash_shed_total',
    'troth_hash_wait_seconds_count',
  ];
  afterEach(() => jest.restoreAllMocks());

  test('those that run, that wait, and that were shed are told', async () => {
    const hasher = app.get(PasswordHasher);
    const derive = hasher.derive.bind(hasher);
    let [running, release]: [number, () => void] = [0, () => undefined];
    const released = new Promise<void>((resolve) => (release = resolve));
    jest.spyOn(hasher, 'derive').mockImplementation(async (...input) => {
      running += 1;
      await released;
      return derive(...input);
    });
    jest.spyOn(HashGate.prototype, 'queueLimit', 'get').mockReturnValue(EXTRA);
    const gauges = () => seriesOf(app, TOKEN, GAUGES);
    const before = await gauges();
    expect([before.troth_hash_in_flight, before.troth_hash_queue_length]).toEqual([0, 0]);
    const answers: Promise<number>[] = [];
    const ask = () => answers.push(register());
    while ((await gauges()).troth_hash_queue_length !== EXTRA) {
      ask();
      await eventually(async () => {
        const { troth_hash_in_flight: inFlight = 0, troth_hash_queue_length: waiting = 0 } = await gauges();
        return inFlight + waiting === answers.length ? true : undefined;
      });
    }
    const full = await gauges();
    expect([full.troth_hash_in_flight, full.troth_hash_queue_length]).toEqual([running, EXTRA]);
    expect(await register()).toBe(503);
    expect(moved(before, await gauges()).troth_hash_shed_total).toBe(1);
    release();
    expect(new Set(await Promise.all(answers))).toEqual(new Set([202]));
    const after = await gauges();
    expect([after.troth_hash_in_flight, after.troth_hash_queue_length]).toEqual([0, 0]);
    expect(moved(before, after).troth_hash_wait_seconds_count).toBe(answers.length);
  });

  async function register(): Promise<number> {
    const body = { email: someone().email, password: 'correct horse battery' };
    return (await app.ask('/v1/registrations', { body })).status;
  }
});
