import { randomUUID } from 'node:crypto';

import { problem } from './feigned-api.ts';
import { adminOf, heading, SCRIPTS, sees } from './steps.ts';
import { cookiesOf, describeWeb } from './test-web.ts';

jest.setTimeout(120_000);

describeWeb('what the API refuses to show', (web) => {
  describe.each(SCRIPTS)('%s', (_, options) => {
    test.each([
      [problem(429, 'rate-limited', 40), 'That was too often', 'Please try again in 40 seconds.'],
      [problem(503, 'overloaded', 1), 'The service is busy', 'Please try again in 1 second.'],
      [problem(500, 'internal'), 'Something went wrong on our side', 'bf1e9e88-99c2-4b49-a51b-d374304816d9'],
      [{ status: 502, body: 'Bad Gateway' }, 'The service does not answer', 'Please try again in a while.'],
    ])('a page that is refused says why and what to do: %j', async (answer, title, words) => {
      const user = await web.someone();
      const visit = await web.api.answering('GET /v1/sessions', answer, () =>
        web.visit('/account/sessions', cookiesOf(user), options),
      );
      await heading(visit, title);
      await sees(visit, words);
      expect(await visit.page.title()).toBe(`${title} · Troth`);
      await visit.page.getByRole('link', { name: 'Try again' }).click();
      await heading(visit, 'Sessions');
    });

    test.each([
      [problem(429, 'rate-limited', 0), 'That was too often. Please try again in 1 second.'],
      [problem(429, 'rate-limited', 5_400), 'That was too often. Please try again in 2 hours.'],
      [problem(503, 'overloaded', 40), 'The service is busy at the moment. Please try again in 40 seconds.'],
      [problem(403, 'changes-frozen'), 'For 24 hours it cannot be moved or deleted.'],
      [
        problem(500, 'internal'),
        'If it stays, tell whoever runs this service the number bf1e9e88-99c2-4b49-a51b-d374304816d9.',
      ],
      [{ status: 502, body: 'Bad Gateway' }, 'Something went wrong on the way. Please try again.'],
    ])('a form that is refused says why and what to do: %j', async (answer, words) => {
      const visit = await web.visit('/account/deletion', cookiesOf(await web.someone()), options);
      await web.api.answering('POST /v1/me/deletion', answer, async () => {
        await visit.page.getByRole('button', { name: 'Schedule the deletion' }).click();
        await visit.page.getByRole('main').getByRole('alert').filter({ hasText: words }).waitFor();
      });
    });

    test('a page about nobody says so', async () => {
      const admin = await adminOf(web);
      for (const path of [`/admin/users/${randomUUID()}`, `/admin/users/${randomUUID()}/delete`, '/admin/users/x']) {
        const visit = await web.visit(path, cookiesOf(admin), options);
        await heading(visit, 'There is nobody here any more');
        await visit.page.getByRole('main').getByRole('link', { name: 'All users' }).click();
        await heading(visit, 'Users');
        await visit.page.context().close();
      }
    });

    test('who is no administrator is told so, and what the way to the administration is', async () => {
      const visit = await web.visit('/admin', cookiesOf(await web.someone()), options);
      await sees(visit, 'That page is for administrators, and you are none.');
      expect(new URL(visit.page.url()).pathname).toBe('/account');
      const there = await web.visit('/admin', cookiesOf(await adminOf(web)), options);
      await heading(there, 'Users');
      expect(new URL(there.page.url()).pathname).toBe('/admin/users');
    });
  });
});
