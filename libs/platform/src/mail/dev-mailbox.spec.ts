import { DevMailbox } from './dev-mailbox.ts';

const letter = (n: number) => ({
  id: String(n),
  to: n % 2 === 0 ? 'ada@example.com' : 'bob@example.com',
  subject: `subject ${n}`,
  text: `text ${n}`,
  html: `<p>${n}</p>`,
});

test('the newest two hundred letters are kept, oldest first, and each is printed', async () => {
  const printed: string[] = [];
  const mailbox = new DevMailbox((text) => printed.push(text));
  for (let n = 1; n <= 205; n++) expect(await mailbox.send(letter(n))).toEqual({ kind: 'sent' });
  expect(mailbox.letters().map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, at) => String(at + 6)));
  expect(printed).toHaveLength(205);
  expect(printed[204]).toContain('--- letter to bob@example.com: subject 205\ntext 205\n');
});

test('two hundred letters are all kept, and each address is given its own', async () => {
  const mailbox = new DevMailbox(() => undefined);
  for (let n = 1; n <= 200; n++) await mailbox.send(letter(n));
  expect(mailbox.letters()).toHaveLength(200);
  expect(mailbox.letters('ada@example.com')).toHaveLength(100);
  expect(mailbox.letters('ada@example.com')[0]).toMatchObject({ id: '2', receivedAt: expect.stringMatching(/Z$/) });
  expect(mailbox.letters('eve@example.com')).toEqual([]);
});
