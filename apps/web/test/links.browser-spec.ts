import { cookiesOf, describeWeb } from './test-web.ts';

jest.setTimeout(120_000);

/** Names that every object knows, and that no list has. */
const NO_WORDS = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];

describeWeb('what a link says after its question mark', (web) => {
  test.each(NO_WORDS)('reason=%s is no reason to log in, and the page is there', async (reason) => {
    const visit = await web.visit(`/login?reason=${reason}`);
    await visit.page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await visit.page.getByRole('status').count()).toBe(0);
    expect(visit.faults).toEqual([]);
  });

  test.each([
    ...NO_WORDS.map((word) => `/account/deletion?download=${word}`),
    ...NO_WORDS.map((word) => `/account?reason=${word}`),
    '/account/deletion?download=often&download=away',
    '/account?welcome=1&welcome=1',
    '/unavailable?why=constructor&wait=x&request=%3Cb%3E',
    '/unavailable?why=a&why=b&wait=1&wait=2',
    '/admin/users?status=constructor&email=a&email=b',
    '/admin/audit?event=constructor&event=b',
  ])('%s is a page', async (path) => {
    const answer = await web.ask(path, cookiesOf(await web.someone()));
    expect([200, 307]).toContain(answer.status);
    expect(await answer.text()).not.toContain('Something went wrong');
  });

  test('a cursor that is there twice is taken once', async () => {
    const visit = await web.visit('/account/activity?cursor=a&cursor=b', cookiesOf(await web.someone()));
    await visit.page.getByText('The address was confirmed').waitFor();
    expect(new URL(visit.page.url()).search).toBe('');
  });
});
