import { randomBytes } from 'node:crypto';

import { Database } from '#data/database';
import { Secret } from '#domain/secret';
import { readConfig } from '#platform/config/config';
import { KeyRing } from '#platform/keys/key-ring';
import { Closing } from '#platform/http/closing';
import { Log } from '#platform/logging/log';
import { Mailbox, type Delivery, type Letter } from '#platform/mail/mailbox';
import { Metrics } from '#platform/metrics/metrics';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { LetterSender } from './letter-sender.ts';
import { LetterWriter } from './letter-writer.ts';

const keys = new KeyRing(new Secret('a secret for tests alone that is long enough'), [], randomBytes(32));

/** A mailbox that does with each letter what the test says. */
class ScriptedMailbox extends Mailbox {
  readonly letters: Letter[] = [];
  readonly limits: number[] = [];

  constructor(
    private readonly deliver: (letter: Letter) => Promise<Delivery> = () => Promise.resolve({ kind: 'sent' }),
  ) {
    super();
  }

  send(letter: Letter, { milliseconds }: { readonly milliseconds: number }): Promise<Delivery> {
    this.letters.push(letter);
    this.limits.push(milliseconds);
    return this.deliver(letter);
  }
}

let db: TestDatabase;
const senders: LetterSender[] = [];
beforeEach(async () => {
  db = await freshDatabase();
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.finish()));
  await Promise.all(databases.splice(0).map((database) => database.close()));
  await db.drop();
});

const databases: Database[] = [];

function senderTo(mailbox: Mailbox, url = db.appUrl): LetterSender {
  const config = readConfig({ DATABASE_URL: url, TROTH_SECRET: 'a secret for tests alone that is long enough' });
  const database = Database.open({ url, poolSize: 2 });
  databases.push(database);
  const log = new Log('silent');
  const writer = new LetterWriter(config, keys);
  const sender = new LetterSender(database, mailbox, writer, log, new Metrics(), new Closing(log));
  senders.push(sender);
  return sender;
}

async function write(email: string, seconds = 60): Promise<void> {
  await db.owner`
    insert into letter (kind, envelope, address_key, claim_id, claim_key_id, code_length, window_closes_at)
    values ('registration_code', ${keys.sealEnvelope({ email, locale: null })}, ${keys.addressKey(email)},
            gen_random_uuid(), ${keys.currentKeyId}, 4, clock_timestamp() + make_interval(secs => ${seconds}::int))`;
}

interface Waiting {
  readonly attempts: number;
}

async function outbox(): Promise<readonly Waiting[]> {
  return db.owner<Waiting[]>`select attempts from letter order by id`;
}

const emptied = () => eventually(async () => ((await outbox()).length === 0 ? true : undefined));
test('a letter is sent when the sender is woken, and its row goes', async () => {
  const mailbox = new ScriptedMailbox();
  const sender = senderTo(mailbox);
  await write('ada@example.com');
  sender.wake();
  await emptied();
  expect(mailbox.letters).toHaveLength(1);
  expect(mailbox.letters[0]).toMatchObject({ to: 'ada@example.com', subject: expect.stringMatching(/^\d{4} /) });
  const code = mailbox.letters[0]?.subject.slice(0, 4) ?? '';
  expect(mailbox.letters[0]?.text).toContain(code);
  expect(mailbox.letters[0]?.html).toContain(code);
});

test('a letter is sent by whichever replica looks next, without being woken', async () => {
  const mailbox = new ScriptedMailbox();
  await write('ada@example.com');
  senderTo(mailbox).onApplicationBootstrap();
  await emptied();
  expect(mailbox.letters).toHaveLength(1);
});

test('two senders send each of many letters once', async () => {
  const mailboxes = [new ScriptedMailbox(), new ScriptedMailbox()];
  for (let n = 0; n < 60; n++) await write(`n${n}@example.com`);
  for (const mailbox of mailboxes) senderTo(mailbox).onApplicationBootstrap();
  await emptied();
  const sent = mailboxes.flatMap(({ letters }) => letters.map(({ to }) => to));
  expect(sent).toHaveLength(60);
  expect(new Set(sent).size).toBe(60);
});

test('a letter whose sender died is taken up when its lease is over, and not before', async () => {
  const dead = senderTo(new ScriptedMailbox(() => new Promise(() => undefined)));
  senders.pop();
  await write('ada@example.com');
  dead.wake();
  await eventually(async () => ((await outbox())[0]?.attempts === 1 ? true : undefined));
  const mailbox = new ScriptedMailbox();
  const sender = senderTo(mailbox);
  await write('bob@example.com');
  sender.wake();
  await eventually(async () => ((await outbox()).length === 1 ? true : undefined));
  expect(mailbox.letters.map(({ to }) => to)).toEqual(['bob@example.com']);
  await db.owner`update letter set due_at = clock_timestamp()`;
  sender.wake();
  await emptied();
  expect(mailbox.letters.map(({ to }) => to)).toEqual(['bob@example.com', 'ada@example.com']);
});

test('the row of a letter whose window has closed goes at the next look', async () => {
  const mailbox = new ScriptedMailbox();
  const sender = senderTo(mailbox);
  await write('late@example.com', -1);
  await write('ada@example.com');
  sender.wake();
  await emptied();
  expect(mailbox.letters.map(({ to }) => to)).toEqual(['ada@example.com']);
});

test('letters that come at once are taken and removed together', async () => {
  const mailbox = new ScriptedMailbox();
  const sender = senderTo(mailbox);
  const statements: string[] = [];
  databases.at(-1)?.onStatement(({ text }) => statements.push(text));
  for (let n = 0; n < 12; n++) await write(`n${n}@example.com`);
  for (let n = 0; n < 12; n++) sender.wake();
  await emptied();
  expect(mailbox.letters).toHaveLength(12);
  expect(statements.length).toBeLessThanOrEqual(4);
});

test('a letter that was sent, and whose row cannot be removed yet, is not sent again', async () => {
  const mailbox = new ScriptedMailbox();
  const sender = senderTo(mailbox);
  await db.owner`
    create function keep_row() returns trigger language plpgsql as
    'begin raise exception ''not now''; end'`;
  await db.owner`create trigger keep_row before delete on letter for each row execute function keep_row()`;
  await write('ada@example.com');
  sender.onApplicationBootstrap();
  await eventually(() => Promise.resolve(mailbox.letters.length === 1 ? true : undefined));
  await db.owner`update letter set due_at = clock_timestamp()`;
  await eventually(async () => ((await outbox())[0]?.attempts === 2 ? true : undefined));
  await db.owner`drop trigger keep_row on letter`;
  await emptied();
  expect(mailbox.letters).toHaveLength(1);
});

test('a letter whose window has closed is never sent, and no letter is given more time than its window', async () => {
  const mailbox = new ScriptedMailbox();
  await write('late@example.com', 0);
  await write('soon@example.com', 3);
  senderTo(mailbox).wake();
  await eventually(async () => ((await outbox()).length === 1 ? true : undefined));
  expect(mailbox.letters.map(({ to }) => to)).toEqual(['soon@example.com']);
  expect(mailbox.limits[0]).toBeLessThanOrEqual(3000);
});

/** From now on, notes between which bounds the pause of each letter lies that is postponed; a lease counts an attempt. */
async function notePauses(): Promise<void> {
  await db.owner`create table noted_pause (attempts int, shortest interval, longest interval)`;
  await db.owner`
    create function note_pause() returns trigger language plpgsql security definer as $$
    begin
      insert into noted_pause
      values (new.attempts, new.due_at - clock_timestamp(), new.due_at - statement_timestamp());
      return null;
    end $$`;
  await db.owner`
    create trigger note_pause after update on letter for each row
      when (new.attempts = old.attempts and new.due_at > clock_timestamp()) execute function note_pause()`;
}

test('what could not be sent is tried again after 1, 2, 4, … seconds, at most 60', async () => {
  const sender = senderTo(new ScriptedMailbox(() => Promise.resolve({ kind: 'later', reason: 'smtp_451' })));
  await notePauses();
  await write('ada@example.com', 3600);
  for (const [attempt, pause] of [
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [7, 60],
  ] as const) {
    await db.owner`update letter set due_at = clock_timestamp(), attempts = ${attempt - 1}::int`;
    sender.wake();
    const isRight = await eventually(async () => {
      const [noted] = await db.owner<{ isRight: boolean }[]>`
        select make_interval(secs => ${pause}::int) between shortest and longest as "isRight"
          from noted_pause where attempts = ${attempt}::int`;
      return noted?.isRight;
    });
    expect([attempt, isRight]).toEqual([attempt, true]);
  }
});

test('what is refused for good is dropped', async () => {
  const mailbox = new ScriptedMailbox(() => Promise.resolve({ kind: 'never', reason: 'smtp_550' }));
  await write('ada@example.com');
  senderTo(mailbox).wake();
  await emptied();
  expect(mailbox.letters).toHaveLength(1);
});

test('a letter that no secret of ours opens is dropped without a word about it', async () => {
  const mailbox = new ScriptedMailbox();
  await write('ada@example.com');
  await db.owner`update letter set envelope = '\\x00'`;
  senderTo(mailbox).wake();
  await emptied();
  expect(mailbox.letters).toHaveLength(0);
});

test('letters that hang hold up none of the others', async () => {
  const hanging: (() => void)[] = [];
  const mailbox = new ScriptedMailbox((letter) =>
    letter.to.startsWith('hang')
      ? new Promise((resolve) => hanging.push(() => resolve({ kind: 'sent' })))
      : Promise.resolve({ kind: 'sent' }),
  );
  const sender = senderTo(mailbox);
  for (let n = 0; n < 5; n++) await write(`hang${n}@example.com`);
  for (let n = 0; n < 40; n++) await write(`n${n}@example.com`);
  sender.wake();
  await eventually(async () => ((await outbox()).length === 5 ? true : undefined));
  for (const release of hanging) release();
  await emptied();
});

test('the end of the process takes what is due, waits for it, and takes nothing more', async () => {
  let release: () => void = () => undefined;
  const mailbox = new ScriptedMailbox(() => new Promise((resolve) => (release = () => resolve({ kind: 'sent' }))));
  const sender = senderTo(mailbox);
  await write('ada@example.com');
  const ended = sender.finish();
  await eventually(() => Promise.resolve(mailbox.letters.length === 1 ? true : undefined));
  release();
  await ended;
  expect(await outbox()).toHaveLength(0);
  await write('bob@example.com');
  sender.wake();
  await sender.finish();
  expect(await outbox()).toHaveLength(1);
  expect(mailbox.letters).toHaveLength(1);
});

test('a database that is away does not end the sender', async () => {
  const mailbox = new ScriptedMailbox();
  const sender = senderTo(mailbox);
  await db.owner`alter table letter rename to letter_elsewhere`;
  sender.wake();
  await eventually(async () => {
    const [failed] = await db.owner<{ failed: boolean }[]>`
      select coalesce(bool_or(xact_rollback > 0), false) as failed from pg_stat_database where datname = current_database()`;
    return failed?.failed === true ? true : undefined;
  }, 3).catch(() => undefined);
  await db.owner`alter table letter_elsewhere rename to letter`;
  await write('ada@example.com');
  sender.wake();
  await emptied();
  expect(mailbox.letters).toHaveLength(1);
});

test('the end of the process does not wait for ever: a letter that hangs stays in the outbox', async () => {
  const mailbox = new ScriptedMailbox(() => new Promise(() => undefined));
  const sender = senderTo(mailbox);
  senders.pop();
  await write('ada@example.com');
  const began = performance.now();
  await sender.finish();
  expect(performance.now() - began).toBeGreaterThan(4_900);
  expect([mailbox.letters.length, (await outbox()).length]).toEqual([1, 1]);
});
