import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { MailerService } from '@nestjs-modules/mailer';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

import type { Delivery, Letter } from './mailbox.ts';
import { SmtpMailbox, smtpTransport, type SmtpLimits } from './smtp-mailbox.ts';

const LETTER: Letter = {
  id: '01a20d96-fc7a-7d2f-a487-006739ba91f0',
  to: 'ada@example.com',
  subject: '4711 is your code',
  text: 'Your code is\n\n    4711\n',
  html: '<p>Your code is <b>4711</b></p>',
};
/** For servers that hang: how long a test waits for them. */
const LIMITS: SmtpLimits = { connect: 300, total: 600 };
/** For servers that answer, however busy the machine is. */
const PATIENT: SmtpLimits = { connect: 20_000, total: 20_000 };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Received {
  readonly mail: ParsedMail;
  readonly from: string;
  readonly to: readonly string[];
}

/** A real SMTP server that keeps what it takes. */
async function smtpServer(options: SMTPServerOptions = {}): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, session, done) {
      const keep = (mail: ParsedMail): void => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          mail,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
        });
        done();
      };
      simpleParser(stream).then(keep, done);
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, received };
}

/** A server that speaks as the test says, line by line. */
async function rawServer(speak: (socket: Socket) => void): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    speak(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return { port: (server.address() as AddressInfo).port, sockets };
}

function mailboxAt(port: number, limits = PATIENT): SmtpMailbox {
  const transport = smtpTransport(`smtp://127.0.0.1:${port}`, limits);
  const from = 'Troth <no-reply@example.org>';
  return new SmtpMailbox(new MailerService({ transport }, undefined as never), from, limits);
}

const send = (port: number, letter = LETTER, limits = PATIENT): Promise<Delivery> =>
  mailboxAt(port, limits).send(letter, { milliseconds: 60_000 });

describe('a server that takes letters', () => {
  test('is given subject, text, HTML, a Message-ID made from the letter’s id, and the sign of a machine', async () => {
    const { port, received } = await smtpServer();
    expect(await send(port)).toEqual({ kind: 'sent' });
    const [{ mail, from, to }] = received as [Received];
    expect([from, to]).toEqual(['no-reply@example.org', ['ada@example.com']]);
    expect(mail).toMatchObject({ subject: LETTER.subject, messageId: `<${LETTER.id}@example.org>` });
    expect(mail.text?.trim()).toBe(LETTER.text.trim());
    expect(mail.html).toContain('<b>4711</b>');
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail.from?.value).toEqual([{ name: 'Troth', address: 'no-reply@example.org' }]);
  });

  test.each([
    'ada@example.com\r\nBcc: eve@example.org',
    'ada@example.com\r\nRCPT TO:<eve@example.org>',
    'ada@example.com, eve@example.org',
    'ada@example.com> <eve@example.org',
    '"ada@example.com eve"@example.org',
  ])('is never made to mail to a second address by %j', async (to) => {
    const { port, received } = await smtpServer();
    expect(await send(port, { ...LETTER, to })).toEqual({ kind: 'never', reason: 'no_address' });
    expect(received).toEqual([]);
  });

  test('is sent many letters at once', async () => {
    const { port, received } = await smtpServer();
    const mailbox = mailboxAt(port);
    const deliveries = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        mailbox.send({ ...LETTER, to: `n${n}@example.com` }, { milliseconds: 60_000 }),
      ),
    );
    expect(new Set(deliveries.map(({ kind }) => kind))).toEqual(new Set(['sent']));
    expect(new Set(received.flatMap(({ to }) => to)).size).toBe(20);
  });
});

describe('a server that refuses', () => {
  const refusing = (at: 'onRcptTo' | 'onMailFrom' | 'onConnect', responseCode: number): SMTPServerOptions => ({
    [at]: (...args: unknown[]) => {
      const done = args.at(-1) as (error: Error) => void;
      done(Object.assign(new Error('no'), { responseCode }));
    },
  });

  test.each<[string, SMTPServerOptions, Delivery]>([
    ['the recipient for good', refusing('onRcptTo', 550), { kind: 'never', reason: 'smtp_550' }],
    ['the recipient for now', refusing('onRcptTo', 451), { kind: 'later', reason: 'smtp_451' }],
    ['everybody for now', refusing('onConnect', 421), { kind: 'later', reason: 'smtp_421' }],
  ])('%s', async (_what, options, delivery) => {
    expect(await send((await smtpServer(options)).port)).toEqual(delivery);
  });

  test.each([
    [552, { kind: 'never', reason: 'smtp_552' }],
    [452, { kind: 'later', reason: 'smtp_452' }],
  ])('the letter itself with %d', async (responseCode, delivery) => {
    const { port } = await smtpServer({
      onData(stream, _session, done) {
        stream.resume().on('end', () => done(Object.assign(new Error('no'), { responseCode })));
      },
    });
    expect(await send(port)).toEqual(delivery);
  });

  test('the connection', async () => {
    const { port } = await rawServer((socket) => socket.resume());
    await open.splice(0)[0]?.();
    expect(await send(port)).toMatchObject({ kind: 'later' });
  });

  test('reasons never hold an address', async () => {
    const { port } = await smtpServer(refusing('onRcptTo', 550));
    expect(JSON.stringify(await send(port))).not.toContain('@');
  });
});

/** Answers every command as a well-behaved server does, but hands each line to the test first. */
const answering = (instead: (line: string, socket: Socket) => boolean) => (socket: Socket) => {
  let inData = false;
  socket.write('220 hello\r\n');
  socket.on('data', (bytes) => {
    for (const line of bytes.toString().split('\r\n').filter(Boolean)) {
      if (inData && line !== '.') continue;
      if (instead(line, socket)) return;
      inData = line === 'DATA';
      socket.write(inData ? '354 go on\r\n' : line.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n');
    }
  });
};

describe('a server that is slow or breaks off', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['never greets', (socket) => socket.resume()],
    ['closes instead of greeting', (socket) => socket.resume().end()],
    ['closes after its greeting', (socket) => socket.resume().end('220 hello\r\n')],
    ['hangs after EHLO', answering((line) => line.startsWith('EHLO'))],
    ['hangs after DATA', answering((line) => line === 'DATA')],
    ['hangs after the letter', answering((line) => line === '.')],
    [
      'drops the connection at the recipient',
      answering((line, socket) => line.startsWith('RCPT') && socket.destroy().destroyed),
    ],
    ['drops the connection after the letter', answering((line, socket) => line === '.' && socket.destroy().destroyed)],
  ])('%s: the letter waits, and no connection stays open', async (_what, speak) => {
    const { port, sockets } = await rawServer(speak);
    const started = performance.now();
    expect(await send(port, LETTER, LIMITS)).toMatchObject({ kind: 'later' });
    expect(performance.now() - started).toBeLessThan(LIMITS.total * 3);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (sockets.size === 0) resolve();
        else setImmediate(look);
      };
      look();
    });
  });

  test('answers a byte at a time: the time in all is bounded', async () => {
    const { port } = await rawServer((socket) => {
      const drip = setInterval(() => socket.write('2'), 50);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await send(port, LETTER, LIMITS)).toMatchObject({ kind: 'later' });
  });

  test('is given no more time than the letter has left', async () => {
    const { port } = await rawServer((socket) => socket.resume());
    expect(await mailboxAt(port).send(LETTER, { milliseconds: 20 })).toEqual({ kind: 'later', reason: 'time_out' });
  });
});
