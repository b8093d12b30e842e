import { request } from 'node:http';

import type { Page } from 'playwright-core';

import { freePort } from '#testing/free-port';

import { PAGES } from './pages.ts';
import { cookiesIn, cookiesOf, describeWeb, staleCookiesOf, type TestWeb } from './test-web.ts';
import { startWebServer } from './web-server.ts';

jest.setTimeout(120_000);

/** The fields that a form has before anybody writes into it: by them the server finds its action. */
async function hiddenFields(web: TestWeb, path: string): Promise<FormData> {
  const form = new FormData();
  const page = await (await web.ask(path)).text();
  const main = page.slice(page.indexOf('<main'));
  for (const [field] of main.matchAll(/<input type="hidden"[^>]*>/g)) {
    const of = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(field)?.[1]?.replaceAll('&quot;', '"');
    form.set(of('name') ?? '', of('value') ?? '');
  }
  return form;
}

/** A log-in as a form without a script sends it. */
async function sendLogIn(web: TestWeb, email: string, headers: Record<string, string>): Promise<Response> {
  const body = await hiddenFields(web, '/login');
  body.set('name', email);
  body.set('password', 'correct horse battery');
  web.calls();
  return web.ask('/login', {}, { method: 'POST', body, headers });
}

/** All that a script of the page could read. */
function readable(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const seen = new Set();
    const texts = [document.cookie, document.documentElement.outerHTML, location.href, JSON.stringify(history.state)];
    for (const store of [localStorage, sessionStorage]) texts.push(JSON.stringify(store));
    const walk = (value, depth) => {
      if (typeof value === 'string') texts.push(value);
      if (value === null || typeof value !== 'object' || value instanceof Node || seen.has(value) || depth > 8) return;
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) {
        try { walk(value[key], depth + 1); } catch {}
      }
    };
    for (const key of Object.keys(window)) try { walk(window[key], 0); } catch {}
    return texts.join('\\n');
  })()`);
}

/** A request from another address of this machine, with headers that a client may make up. */
function askFrom(localAddress: string, web: TestWeb, path: string, headers: Record<string, string>): Promise<number> {
  const { port } = new URL(web.url);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, localAddress, headers: { host: `localhost:${port}`, ...headers } })
      .once('error', reject)
      .once('response', (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      })
      .end();
  });
}

describeWeb('what the web application keeps from whom', (web) => {
  test('no token can be read by a script, from the registration to the log-out', async () => {
    const visit = await web.visit('/login');
    const { page } = visit;
    const bodies: Promise<string>[] = [];
    page.on('response', (response) => {
      bodies.push(response.text().catch(() => ''));
      bodies.push(Promise.resolve(response.url()));
    });
    const { who } = await web.someone();
    await page.getByLabel('E-mail address or user name').fill(who.email);
    await page.getByLabel('Password').fill(who.password);
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL('**/account');
    const texts = [await readable(page)];
    const tokens = Object.values(await cookiesIn(visit));
    expect(tokens.length).toBe(3);
    for (const { path } of PAGES.filter(({ who: whose }) => whose === 'user')) {
      await page.goto(web.url + path, { waitUntil: 'networkidle' });
      texts.push(await readable(page));
    }
    texts.push(...(await Promise.all(bodies)));
    const read = texts.join('\n');
    expect(read).toContain(who.email);
    for (const token of tokens)
      for (const part of [token, ...token.split('.').slice(1)]) expect(read.includes(part)).toBe(false);
    expect(read).not.toContain('eyJhbGciOi');
  });

  describe.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a sandbox of another site', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { origin: 'http://other.localhost', 'sec-fetch-site': 'same-site' }],
    ['another site, by a browser that says no more', { origin: 'https://evil.example' }],
    ['another port, by a browser that says no more', { origin: 'http://localhost:1' }],
    ['a sandbox, by a browser that says no more', { origin: 'null' }],
    ['what is no origin', { origin: 'evil.example' }],
    ['somewhere that is not told', {}],
  ])('a form that comes from %s', (_, headers) => {
    test('is refused', async () => {
      const { who } = await web.someone();
      const answer = await sendLogIn(web, who.email, headers);
      expect([answer.status, answer.headers.getSetCookie(), web.calls()]).toEqual([403, [], []]);
    });

    test('ends no session, and the browser keeps it', async () => {
      const user = await web.someone();
      const answer = await web.ask('/log-out', cookiesOf(user), { method: 'POST', headers });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
      expect(await user.session.isAlive()).toBe(true);
    });
  });

  test.each([{ 'sec-fetch-site': 'same-origin' }, { origin: 'https://accounts.example' }])(
    'a form that comes from here behind a proxy is taken: %j',
    async (headers) => {
      const { who } = await web.someone();
      const forwarded = { 'x-forwarded-host': 'accounts.example, inner', ...headers };
      expect((await sendLogIn(web, who.email, forwarded)).status).toBe(303);
    },
  );

  test('a link ends no session', async () => {
    const user = await web.someone();
    expect((await web.ask('/log-out', cookiesOf(user))).status).toBe(405);
    expect(await user.session.isAlive()).toBe(true);
  });

  test('a form of a page of this application is taken', async () => {
    const { who } = await web.someone();
    const answer = await sendLogIn(web, who.email, { origin: web.url });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/account']);
  });

  test.each(['/log-out', '/log-out/everywhere'])('another site ends no session by %s', async (path) => {
    const user = await web.someone();
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await web.ask(path, cookiesOf(user), { method: 'POST', headers });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
    expect(await user.session.isAlive()).toBe(true);
    expect((await web.ask(path, cookiesOf(user))).status).toBe(405);
  });

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/%09/evil.example',
    '/.//evil.example/',
    '/%2e//evil.example/',
    '/%2f%2fevil.example/',
    '/%5cevil.example/',
    '/account\r\nSet-Cookie: a=b',
    '\\\\evil.example',
    'account@evil.example',
  ])('next=%j leads to no other site', async (next) => {
    const { who } = await web.someone();
    const visit = await web.visit(`/login?next=${encodeURIComponent(next)}`, {}, { javaScriptEnabled: false });
    await visit.page.getByLabel('E-mail address or user name').fill(who.email);
    await visit.page.getByLabel('Password').fill(who.password);
    await visit.page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await visit.page.waitForURL((url) => url.pathname !== '/login');
    expect(new URL(visit.page.url()).origin).toBe(web.url);
    await visit.page.context().close();
  });

  test.each(PAGES.map(({ path }) => path))(
    '%s has a policy for scripts, and what else keeps it apart',
    async (path) => {
      const { headers } = await web.ask(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).not.toMatch(/unsafe-(?:inline|eval|hashes)/);
      for (const rule of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
        expect(policy.split('; ')).toContain(rule);
      expect(policy).toMatch(/script-src [^;]*'nonce-[\w+/=]{24}'/);
      expect(Object.fromEntries(headers)).toMatchObject({
        'referrer-policy': 'strict-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'strict-transport-security': 'max-age=31536000',
      });
      expect(headers.get('cache-control')).toContain('no-store');
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  test('every answer has a nonce of its own, also one that is fetched in advance', async () => {
    const nonces = await Promise.all(
      [{}, {}, { purpose: 'prefetch' }, { 'next-router-prefetch': '1' }, { 'x-nonce': 'mine' }].map(async (headers) => {
        const answer = await web.ask('/login', {}, { headers: headers });
        return /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1];
      }),
    );
    expect(new Set(nonces).size).toBe(5);
    expect(nonces).not.toContain('mine');
    expect(nonces).not.toContain(undefined);
  });

  test('a page that is fetched in advance with a token that is over is the page of the user', async () => {
    const user = await web.someone();
    const answer = await web.askAgain('/account', staleCookiesOf(user), { headers: { purpose: 'prefetch' } });
    expect(await answer.text()).toContain(user.who.email);
  });

  test('the API sees the address of the browser behind what a client makes up', async () => {
    const user = await web.someone();
    const cookie = Object.entries(cookiesOf(user)).map((pair) => pair.join('='));
    web.calls();
    await askFrom('127.0.0.2', web, '/account', { cookie: cookie.join('; ') });
    await askFrom('127.0.0.2', web, '/account', { cookie: cookie.join('; '), 'x-forwarded-for': '203.0.113.7' });
    expect(web.calls().map(({ forwardedFor }) => forwardedFor)).toEqual(['127.0.0.2', '203.0.113.7, 127.0.0.2']);
  });

  test('the address is that of the browser also on the page that an action leads to', async () => {
    const { who } = await web.someone();
    const { page } = await web.visit('/login');
    await page.getByLabel('E-mail address or user name').fill(who.email);
    await page.getByLabel('Password').fill(who.password);
    web.calls();
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Profile' }).waitFor();
    expect(web.calls()).toEqual([
      { line: 'POST /v1/sessions', forwardedFor: '127.0.0.1' },
      { line: 'GET /v1/me', forwardedFor: '127.0.0.1' },
    ]);
  });

  test.each([{}, { WEB_SECRET: '' }, { WEB_SECRET: 'x'.repeat(31) }])('nothing is served with %j', async (settings) => {
    const started = startWebServer(await freePort(), settings);
    await expect(started).rejects.toThrow('WEB_SECRET has to be 32 random characters or more');
  });

  test.each(['/privacy', '/icon.svg', '/account'])('no image is made of %s', async (url) => {
    const answer = await web.ask(`/_next/image?url=${url}&w=640&q=75`, {}, { headers: { accept: 'image/webp' } });
    expect([answer.status, web.calls()]).toEqual([404, []]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  test('nobody passes for this server itself', async () => {
    const user = await web.someone();
    const cookie = Object.entries(cookiesOf(user)).map((pair) => pair.join('='));
    web.calls();
    for (const secret of ['', 'undefined', 'x'.repeat(43), 'é'.repeat(43)])
      await askFrom('127.0.0.2', web, '/account', {
        cookie: cookie.join('; '),
        ...{ 'x-forwarded-for': '203.0.113.7', 'x-from-within': '1', 'x-process-secret': secret },
      });
    expect(new Set(web.calls().map(({ forwardedFor }) => forwardedFor))).toEqual(new Set(['203.0.113.7, 127.0.0.2']));
    const stale = await web.ask('/account', staleCookiesOf(user), { headers: { 'x-from-within': '1' } });
    expect([stale.status, stale.headers.get('location')]).toEqual([307, '/account']);
  });
});

describeWeb(
  'limits per source, through the web application',
  (web) => {
    test('whoever makes up another address with every request is counted by their own', async () => {
      const cookies = { '__Host-rt': 'x.y.z' };
      const refreshes = async (localAddress: string, forwardedFor: string): Promise<number> => {
        const cookie = `__Host-rt=${cookies['__Host-rt']}${forwardedFor}`;
        await askFrom(localAddress, web, '/login', { cookie, 'x-forwarded-for': forwardedFor });
        const metrics = await web.app.metrics();
        return Number(/^troth_rate_limited_total\{[^}]*refresh[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
      };
      for (let n = 0; n < 120; n += 1) await refreshes('127.0.0.2', `203.0.113.${n}`);
      expect(await refreshes('127.0.0.3', '203.0.113.200')).toBe(0);
      expect(await refreshes('127.0.0.2', '203.0.113.201')).toBe(1);
    });

    test('whoever may ask nothing more for a while keeps the session', async () => {
      const user = await web.someone();
      let answer = await web.ask('/session-ended', cookiesOf(user));
      for (let n = 0; n < 300 && answer.headers.get('location') === '/account'; n += 1)
        answer = await web.ask('/session-ended', cookiesOf(user));
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/unavailable?next=%2Faccount']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    });
  },
  { RATE_LIMIT_SCALE: '1' },
);
