import { TestClaimant, wrong } from '#testing/claimant';
import { addressRow, leftovers } from '#testing/rows';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { age } from '#testing/time-travel';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (password?: string): TestClaimant => new TestClaimant(app, `someone${++people}@example.com`, password);
const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);
const row = (claimant: TestClaimant) => addressRow(app.db, claimant.email);
const FIFTY = Array.from({ length: 50 }, (_, index) => index);

describe('truth 1: one address has at most one live claim', () => {
  test('truth 1: fifty claims at once make one claim and one letter, and one password activates', async () => {
    const ada = someone();
    const rivals = FIFTY.map((index) => new TestClaimant(app, ada.email, `password number ${index}`));
    const answers = await Promise.all(rivals.map((rival) => rival.register()));
    expect(new Set(statuses(answers))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await ada.settledLetters()).toHaveLength(1);
    const code = await ada.code();
    const activations = await Promise.all(rivals.map((rival) => rival.activate(code)));
    expect(statuses(activations).filter((status) => status === 200)).toHaveLength(1);
  });

  test('truth 1: a second claim on a live one changes nothing and is answered alike', async () => {
    const ada = someone();
    const first = await ada.register();
    const before = await row(ada);
    const second = await new TestClaimant(app, ada.email, 'somebody else entirely').register();
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect((await row(ada))?.claimId).toBe(before?.claimId);
    expect(await ada.settledLetters()).toHaveLength(1);
  });
});

describe('truth 2: the code leaves by e-mail alone', () => {
  test('truth 2: neither an answer nor any column of the database holds the code or the password', async () => {
    const ada = someone('a canary of a password');
    const registered = await ada.register();
    const code = await ada.code();
    const token = await ada.ownerToken();
    const activated = await ada.activate(wrong(code));
    expect(registered.text + activated.text).not.toContain(code);
    const dump = await dumpOf(app);
    expect(dump).toContain(ada.email);
    for (const secret of [ada.password, token, `"${code}"`, `: ${code},`]) expect(dump).not.toContain(secret);
  });
});

describe('truth 3: the proof is bound to its time', () => {
  test('truth 3: the right code is refused when the deadline has passed', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    await age(app.db, ada.email, 60);
    expect((await ada.activate(code)).status).toBe(401);
    expect(await row(ada)).toBeUndefined();
  });

  test('truth 3: it is accepted while there is time left', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    await age(app.db, ada.email, 45);
    expect((await ada.activate(code)).status).toBe(200);
  });
});

describe('truth 4: activation takes the code and the password of the same claim', () => {
  test('truth 4: the code with another password, and the password with another code, open nothing', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    expect((await ada.activate(code, 'another good password')).status).toBe(401);
    expect((await ada.activate(wrong(code))).status).toBe(401);
    expect((await row(ada))?.state).toBe('CLAIMED');
  });

  test('truth 4: the code of a former claim does not prove the present one', async () => {
    const ada = someone();
    await ada.register();
    const former = await ada.code();
    await ada.withdraw();
    await ada.register();
    const present = await ada.code(2);
    if (former !== present) expect((await ada.activate(former)).status).toBe(401);
    expect((await ada.activate(present)).status).toBe(200);
  });
});

describe('truth 5: provisional credentials open nothing', () => {
  test('truth 5: before activation there is no account, and the password lies dormant with the claim', async () => {
    const ada = someone();
    const before = await leftovers(app.db);
    await ada.register();
    const after = await leftovers(app.db);
    expect(after.accounts).toBe(before.accounts);
    expect(after.accountPasswords).toBe(before.accountPasswords);
    expect((await row(ada))?.hasClaimPassword).toBe(true);
  });
});

describe('truth 6: an ended claim gives the address back and keeps no credential', () => {
  test.each<[string, (ada: TestClaimant) => Promise<unknown>]>([
    ['expiry, at the next touch', async (ada) => age(app.db, ada.email, 61).then(() => ada.resend())],
    ['withdrawal', (ada) => ada.withdraw()],
  ])('truth 6: after %s nothing is left', async (_how, end) => {
    const ada = someone();
    await ada.settledLetters();
    const before = await leftovers(app.db);
    await ada.register();
    await ada.settledLetters();
    await end(ada);
    expect(await leftovers(app.db)).toEqual(before);
    expect((await ada.register()).status).toBe(202);
    expect(await ada.settledLetters()).toHaveLength(2);
  });

  test('truth 6: a locked claim keeps no credential from that moment on', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    for (const _strike of [1, 2, 3]) await ada.activate(wrong(code));
    const locked = await row(ada);
    expect([locked?.state, locked?.hasClaimPassword, locked?.claimId]).toEqual(['LOCKED', false, null]);
    expect((await ada.activate(code)).status).toBe(401);
    await ada.register();
    expect((await row(ada))?.state).toBe('CLAIMED');
  });
});

describe('truth 8: three strikes end a claim', () => {
  test('truth 8: the third wrong code locks the claim, and the right code comes too late', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    expect((await ada.activate(wrong(code))).status).toBe(401);
    expect((await ada.activate(wrong(code))).status).toBe(401);
    expect((await row(ada))?.strikes).toBe(2);
    expect((await ada.activate(wrong(code))).status).toBe(401);
    expect((await row(ada))?.state).toBe('LOCKED');
    expect((await ada.activate(code)).status).toBe(401);
  });

  test('truth 8: of two hundred guesses at once three are evaluated', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    const before = await outcomes();
    await Promise.all(Array.from({ length: 200 }, () => ada.activate(wrong(code))));
    const after = await outcomes();
    const evaluated = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0);
    expect([evaluated('struck'), evaluated('struck_out'), evaluated('activated')]).toEqual([2, 1, 0]);
  });
});

describe('truth 9: an address is one, however it is written', () => {
  test('truth 9: case and white space make no difference to claim, code, and account', async () => {
    const ada = someone();
    const spelled = new TestClaimant(app, ` \t${ada.email.toUpperCase()}\r\n`, ada.password);
    await spelled.register();
    await ada.register();
    expect(await ada.settledLetters()).toHaveLength(1);
    const shouting = new TestClaimant(app, ada.email.toUpperCase(), ada.password);
    const { body } = await shouting.activate(await ada.code());
    expect(body).toMatchObject({ user: { email: ada.email } });
  });
});

describe('truth 10: every change of state is one transaction', () => {
  test('truth 10: when a part of a claim cannot be written, none of it is', async () => {
    await someone().settledLetters();
    const before = await leftovers(app.db);
    await app.db.owner`alter table letter add constraint no_room check (false) not valid`;
    const ada = someone();
    expect((await ada.register()).status).toBeGreaterThanOrEqual(500);
    await app.db.owner`alter table letter drop constraint no_room`;
    expect(await leftovers(app.db)).toEqual(before);
    expect((await ada.register()).status).toBe(202);
  });

  test('truth 10: when a part of an activation cannot be written, the claim stands as it stood', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    const before = await row(ada);
    await app.db
      .owner`alter table audit_event add constraint no_room check (event <> 'registration.activated') not valid`;
    expect((await ada.activate(code)).status).toBeGreaterThanOrEqual(500);
    await app.db.owner`alter table audit_event drop constraint no_room`;
    expect(await row(ada)).toMatchObject({ state: 'CLAIMED', claimId: before?.claimId, hasClaimPassword: true });
    expect((await ada.activate(code)).status).toBe(200);
  });
});

async function outcomes(): Promise<Readonly<Record<string, number>>> {
  const text = await app.metrics();
  const lines = [...text.matchAll(/^troth_activations_total\{outcome="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(lines.map(([, name, count]) => [name, Number(count)]));
}

/** Every row of every table, as JSON. */
async function dumpOf({ db }: TestApp): Promise<string> {
  const tables = await db.owner<{ dump: string }[]>`
    select query_to_xml(format('select to_jsonb(t) from %I.%I as t', table_schema, table_name), true, false, '')::text as dump
      from information_schema.tables
     where table_schema in ('public', 'vault') and table_type = 'BASE TABLE'`;
  return tables.map(({ dump }) => dump.replaceAll('&quot;', '"')).join('\n');
}
