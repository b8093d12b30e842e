import { request } from 'node:http';

import { events } from '#testing/rows';
import { ageSession } from '#testing/time-travel';

import { ACCESS, type Cookies, cookiesOf, describeWeb, REFRESH, setCookies, staleCookiesOf } from './test-web.ts';

jest.setTimeout(120_000);

/** As a form of a page of the application. */
const HERE = { 'sec-fetch-site': 'same-origin' };
const FORM = { ...HERE, 'content-type': 'multipart/form-data; boundary=x' };
const field = (name: string, text: string): string =>
  `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
const END = '--x--\r\n';
const HUGE = 'a'.repeat(1 << 20);

describeWeb('what no browser would send', (web) => {
  /** A request that a client of fetch would correct or refuse; the status of its answer. */
  const ask = (method: string, path: string, body?: { readonly chunks: readonly string[] }): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(web.url);
      const asked = request({ host: '127.0.0.1', port, method, path, headers: { host: `localhost:${port}`, ...FORM } });
      asked.once('error', reject).once('response', (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      });
      for (const chunk of body?.chunks ?? []) asked.write(chunk);
      asked.end();
    });

  test.each(['TRACE', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'])('%s is no way to ask for anything', async (method) => {
    for (const path of ['/account', '/log-out', '/account/export', '/nowhere'])
      expect(await ask(method, path)).toBe(405);
  });

  test.each(['*', 'http://evil.example/account', '/admin/users/%', '/%ff'])('%s is no path', async (path) => {
    expect(await ask('GET', path)).toBe(400);
  });

  test.each([
    ['nothing', ''],
    ['no parts', 'garbage'],
    ['no end', field('name', 'a')],
    ['no action', field('name', 'a') + END],
    ['an action that there is none of', field(`$ACTION_ID_${'0'.repeat(42)}`, '') + END],
    ['an id that is none', field('$ACTION_ID___proto__', '') + END],
    ['an action bound to itself', field('$ACTION_REF_1', '') + field('$ACTION_1:0', '{"id":"x","bound":"$@1"}') + END],
    ['a state and no action', field('$ACTION_KEY', 'x') + field('$ACTION_REF_1', '') + END],
  ])('a form of %s is the fault of its sender', async (_, body) => {
    const answer = await web.ask('/login', {}, { method: 'POST', body, headers: FORM });
    expect([400, 409]).toContain(answer.status);
    expect(web.calls()).toEqual([]);
  });

  describe('an action that there is', () => {
    /** The id of that of the form at /login, as its page without a script has it. */
    const actionId = async (): Promise<string> => {
      const page = await (await web.ask('/login')).text();
      return /&quot;id&quot;:&quot;([\da-f]+)&quot;/.exec(page)?.[1] ?? '';
    };
    const typed = field('login', 'ada@example.com') + field('password', 'correct horse battery');

    test.each<[string, (id: string) => string]>([
      ['broken arguments', (id) => field('$ACTION_1:0', `{"id":"${id}","bound":"$@1"}`) + field('$ACTION_1:1', '[{}')],
      ['arguments that are not there', (id) => field('$ACTION_1:0', `{"id":"${id}","bound":"$@2"}`)],
      ['references to anything', (id) => field('$ACTION_1:0', `{"id":"${id}","bound":"$5"}`)],
      [
        'a part that is a map',
        (id) => field('$ACTION_1:0', `{"id":"${id}","bound":"$Q1"}`) + field('$ACTION_1:1', '5'),
      ],
    ])('named with %s is the fault of its sender', async (_, parts) => {
      const body = field('$ACTION_REF_1', '') + parts(await actionId()) + typed + END;
      expect((await web.ask('/login', {}, { method: 'POST', body, headers: FORM })).status).toBe(400);
    });

    test.each<[string, (id: string) => string]>([
      ['no arguments', (id) => field('$ACTION_1:0', `{"id":"${id}","bound":null}`)],
      ['a number for them', (id) => field('$ACTION_1:0', `{"id":"${id}","bound":5}`)],
      ['itself for them', (id) => field('$ACTION_1:0', `{"id":"${id}","bound":"$@0"}`)],
      [
        'too many',
        (id) => field('$ACTION_1:0', `{"id":"${id}","bound":"$@1"}`) + field('$ACTION_1:1', '[1,2,{"then":3}]'),
      ],
    ])('named with %s does nothing', async (_, parts) => {
      const body = field('$ACTION_REF_1', '') + parts(await actionId()) + typed + END;
      const answer = await web.ask('/login', {}, { method: 'POST', body, headers: FORM });
      expect([200, 400]).toContain(answer.status);
      expect(answer.headers.getSetCookie()).toEqual([]);
    });

    test.each([
      ['no argument', '', 400],
      ['no list of them', field('0', '5'), 400],
      ['a broken list', field('0', '["$K1"'), 400],
      ['a reference to nothing', field('0', '[{},"$9"]'), 400],
      ['a file that is not there', field('0', '[{},"$B1"]'), 400],
      ['none of them', field('0', '[]'), 200],
      ['numbers', field('0', '[1,2,3]'), 200],
      ['null', field('0', '[null,null]'), 200],
      ['an empty form', field('0', '[null,"$K1"]'), 200],
    ])('called with %s does nothing', async (_, parts, status) => {
      const headers = { ...FORM, 'next-action': await actionId(), accept: 'text/x-component' };
      const answer = await web.ask('/login', {}, { method: 'POST', body: parts + END, headers });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([status, []]);
    });

    test.each([
      ['[]', 200],
      ['[{},{}]', 200],
      ['[{},"$K1"]', 200],
      ['[{},"$9"]', 400],
      ['{}', 400],
      ['garbage', 400],
      ['', 400],
    ])('called with the text %j does nothing', async (body, status) => {
      const headers = { ...HERE, 'content-type': 'text/plain;charset=UTF-8', 'next-action': await actionId() };
      const answer = await web.ask('/login', {}, { method: 'POST', body, headers });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([status, []]);
    });
  });

  test('a document without an icon is no reason for a 404', async () => {
    const { status, headers } = await web.ask('/favicon.ico');
    expect([status, headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  });

  test('a form is not read further than forms are long, whatever it says of its length', async () => {
    const body = field('name', HUGE) + END;
    for (const path of ['/login', '/log-out']) {
      const answer = await web.ask(path, {}, { method: 'POST', body, headers: FORM });
      expect(answer.status).toBe(413);
    }
    expect(await ask('POST', '/login', { chunks: [field('name', HUGE), HUGE, END] })).toBe(400);
  });

  test.each<[string, Cookies]>([
    ['a long one', { [REFRESH]: 'x'.repeat(2_000) }],
    ['one longer than the API reads', { [REFRESH]: 'x'.repeat(8_000) }],
    ['one that is not even text', { [REFRESH]: '%ff%00' }],
    ['no ASCII', { [REFRESH]: Buffer.from('é').toString('latin1') }],
    ['none', { [REFRESH]: '', [ACCESS]: '' }],
    ['two', { [REFRESH]: `a; ${REFRESH}=b; ${ACCESS}=` }],
    ['an access token without a session', { [ACCESS]: 'x.y.z' }],
    ['a claim that is none', { '__Host-claim': 'x'.repeat(8_000), '__Host-device': 'x' }],
  ])('with %s in the cookies nobody is logged in, and pages come', async (_, cookies) => {
    for (const path of ['/account', '/session-ended', '/account/export', '/verify', '/login', '/'])
      expect([200, 303, 307]).toContain((await web.ask(path, cookies)).status);
    const answer = await web.ask('/log-out', cookies, { method: 'POST', headers: HERE });
    expect(answer.headers.get('location')).toBe('/login?reason=logged-out');
  });

  test('an access token of one account shows nothing of the other whose refresh token comes along', async () => {
    const [one, other] = [await web.someone('one'), await web.someone('other')];
    const cookies = { ...cookiesOf(one), [REFRESH]: cookiesOf(other)[REFRESH] ?? '' };
    const page = await (await web.ask('/account', cookies)).text();
    expect([page.includes(one.who.email), page.includes(other.who.email)]).toEqual([true, false]);
    const renewed = await web.askAgain('/account', { ...staleCookiesOf(one), [REFRESH]: cookies[REFRESH] });
    const later = await renewed.text();
    expect([later.includes(one.who.email), later.includes(other.who.email)]).toEqual([false, true]);
  });

  test('twenty requests that log out and refresh at once leave nobody logged in, and raise no alarm', async () => {
    const user = await web.someone();
    await user.session.renew();
    await ageSession(web.app.db, user.session.id, 60);
    const [good, stale] = [cookiesOf(user), staleCookiesOf(user)];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0 ? web.ask('/account', stale) : web.ask('/log-out', good, { method: 'POST', headers: HERE }),
      ),
    );
    for (const { status } of answers) expect([303, 307]).toContain(status);
    expect(await user.session.isAlive()).toBe(false);
    // Whichever answer comes last: what it leaves in the browser is dropped with the next page.
    for (const answer of answers) {
      const left = setCookies(answer);
      const next = await web.ask('/account', left);
      if (left[REFRESH]) expect(next.headers.get('location')).toBe('/session-ended?next=%2Faccount');
      else expect(next.headers.get('location')).toMatch(/^\/login\?/);
    }
    const dropped = await web.ask('/session-ended', good);
    expect(setCookies(dropped)).toEqual({ [ACCESS]: '', [REFRESH]: '' });
    expect(await events(web.app.db)).not.toContain('session.reuse_detected');
  });

  test('nothing of this was an error of the application', () => {
    expect(web.server.output()).not.toContain('⨯');
  });
});
