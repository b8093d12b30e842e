import { describeInBrowser, isTooWide, takePictures } from '#testing/browser';
import { startBuiltService, type BuiltService } from '#testing/built-service';
import { closeAll } from '#testing/close-all';
import { eventually } from '#testing/eventually';
import type { MailboxLetter } from '#testing/test-app';

jest.setTimeout(90_000);

const PASSWORD = 'correct horse battery';

let service: BuiltService;
const closes: (() => Promise<unknown>)[] = [];

async function register(email: string): Promise<MailboxLetter> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ email, password: PASSWORD });
  await fetch(`${service.url}/v1/registrations`, { method: 'POST', headers, body });
  return letterTo(email);
}

function letterTo(email: string, count = 1): Promise<MailboxLetter> {
  return eventually(async () => {
    const answer = await fetch(`${service.url}/dev/mailbox.json?to=${encodeURIComponent(email)}`);
    const { letters } = (await answer.json()) as { readonly letters: readonly MailboxLetter[] };
    return letters[count - 1];
  });
}

describeInBrowser('every page of the service', (browser) => {
  beforeAll(async () => {
    service = await startBuiltService();
    closes.push(() => service.stop());
  }, 90_000);
  afterAll(() => closeAll(closes));

  describe('the API page', () => {
    test('shows every operation of the document, and nothing goes wrong', async () => {
      const { page, faults } = await browser.visit(`${service.url}/docs`);
      const { paths } = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
        readonly paths: Readonly<Record<string, object>>;
      };
      const operations = Object.entries(paths).flatMap(([route, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
      );
      const blocks = page.locator('.opblock');
      await blocks.first().waitFor();
      const shown = await blocks.evaluateAll((all: { innerText: string }[]) =>
        all.map(({ innerText }) => innerText.replaceAll('\u200b', '').split(/\s+/).slice(0, 2).join(' ')),
      );
      expect([...shown].sort()).toEqual(operations.sort());
      await takePictures(page, 'docs');
      expect(faults).toEqual([]);
    });

    test('every operation unfolds, with its fields and its answers', async () => {
      const { page, faults } = await browser.visit(`${service.url}/docs`);
      await page.locator('.opblock').first().waitFor();
      // One after the other: the more of them are open, the longer the page takes for the next one.
      for (const block of await page.locator('.opblock').all()) {
        const control = block.locator('.opblock-summary-control');
        await control.click();
        await block.locator('.responses-table .response').first().waitFor();
        await control.click();
      }
      expect(await page.locator('.opblock.is-open').count()).toBe(0);
      expect(faults).toEqual([]);
    }, 180_000);

    test.each(['localhost', '127.0.0.1'])('tries a registration out, and gets 202, at %s', async (host) => {
      const email = `tried-at-${host}@example.com`;
      const { page, faults } = await browser.visit(`${service.url.replace('localhost', host)}/docs`);
      const block = page.locator('.opblock', { has: page.locator('[data-path="/v1/registrations"]') }).filter({
        has: page.locator('.opblock-summary-post'),
      });
      await block.locator('.opblock-summary-control').click();
      await block.getByRole('button', { name: 'Try it out' }).click();
      await block.locator('textarea.body-param__text').fill(JSON.stringify({ email, password: PASSWORD }));
      await block.getByRole('button', { name: 'Execute' }).click();
      const answer = block.locator('.live-responses-table .response-col_status');
      await answer.last().waitFor();
      expect(await answer.last().innerText()).toMatch(/^202/);
      await takePictures(page, `docs-tried-${host}`);
      expect((await letterTo(email)).to).toBe(email);
      expect(faults).toEqual([]);
    });
  });

  test('the development mailbox shows the letter, with its code', async () => {
    const { subject } = await register('ada@example.com');
    const { page, faults } = await browser.visit(`${service.url}/dev/mailbox`);
    const letter = page.locator('article', { hasText: 'ada@example.com' });
    expect(await letter.locator('h2').innerText()).toBe(subject);
    expect(await letter.locator('pre').innerText()).toContain(subject.slice(0, 4));
    await takePictures(page, 'mailbox');
    expect(await isTooWide(page)).toBe(false);
    await letter.getByRole('link').click();
    await page.getByRole('heading', { name: 'This is your e-mail address' }).waitFor();
    expect(faults).toEqual([]);
  });

  test('the page of the mailbox’s owner registers them in place of a squatter, without a script', async () => {
    const email = 'grace@example.com';
    const link = /http\S+\/letters\/owner\?\S+/.exec((await register(email)).text)?.[0] ?? '';
    const { page, faults } = await browser.visit(link, { javaScriptEnabled: false });
    await takePictures(page, 'owner');
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('A new password').fill('the owner’s password');
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('heading', { name: 'A code is on its way' }).waitFor();
    await takePictures(page, 'owner-registered');
    const code = /^\d{4,8}/.exec((await letterTo(email, 2)).subject)?.[0] ?? '';
    await page.getByLabel('The code').fill(code);
    await page.getByLabel('Your password').fill('the owner’s password');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'The address is yours' }).waitFor();
    await takePictures(page, 'owner-confirmed');
    expect(faults).toEqual([]);
  });

  test('the page of the mailbox’s owner mutes the letters, without a script', async () => {
    const link = /http\S+\/letters\/owner\?\S+/.exec((await register('mary@example.com')).text)?.[0] ?? '';
    const { page, faults } = await browser.visit(link, { javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Mute for 30 days' }).click();
    await page.getByRole('heading', { name: 'Muted' }).waitFor();
    await takePictures(page, 'owner-muted');
    expect(faults).toEqual([]);
    expect(await service.db.owner`select from registration_mute`).toHaveLength(1);
  });

  test('the page of a former address takes a change back, without a script', async () => {
    const email = 'former@example.com';
    const code = /^\d{4,8}/.exec((await register(email)).subject)?.[0] ?? '';
    const basic = `Basic ${Buffer.from(`${email}:${PASSWORD}`).toString('base64')}`;
    const send = async (path: string, body: object, authorization: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', authorization };
      return (await fetch(service.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    };
    const { session } = (await send('/v1/registrations/activation', { code, create_session: true }, basic)) as {
      readonly session: { readonly access_token: string };
    };
    const bearer = `Bearer ${session.access_token}`;
    await send('/v1/me/email-change', { new_email: 'thief@example.net' }, bearer);
    const proof = /^\d{8}/.exec((await letterTo('thief@example.net')).subject)?.[0] ?? '';
    await send('/v1/me/email-change/confirm', { code: proof }, bearer);
    const link = /^http\S+$/m.exec((await letterTo(email, 2)).text)?.[0] ?? '';
    const { page, faults } = await browser.visit(link, { javaScriptEnabled: false });
    await takePictures(page, 'email-change-revert');
    expect(await isTooWide(page)).toBe(false);
    await page.getByRole('button', { name: 'Restore my address' }).click();
    await page.getByRole('heading', { name: 'Your address is restored' }).waitFor();
    await takePictures(page, 'email-change-reverted');
    expect((await letterTo(email, 3)).subject).toBe('Set a new password');
    expect(faults).toEqual([]);
  });

  test('the page of a problem can be read', async () => {
    const { page, faults } = await browser.visit(`${service.url}/problems/rate-limited`);
    expect(await page.locator('h1').innerText()).toBe('rate-limited');
    await takePictures(page, 'problem');
    expect([await isTooWide(page), faults]).toEqual([false, []]);
  });
});
