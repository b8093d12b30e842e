import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { describeInBrowser } from '#testing/browser';
import { TestClaimant } from '#testing/claimant';
import { startTestApp, type TestApp } from '#testing/test-app';

jest.setTimeout(120_000);

const IMPORTS = { '@troth/client': '/client/index.js', 'openapi-fetch': '/openapi-fetch.js' };
const PAGE = `<!doctype html><title>A page</title><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

/** A page of another origin than the API, with the package as it is built and no bundler. */
async function servePage(folder: string): Promise<Server> {
  const tsc = 'node_modules/typescript/bin/tsc';
  await promisify(execFile)(process.execPath, [tsc, '-p', 'libs/client/tsconfig.json', '--outDir', folder]);
  const server = createServer(({ url = '/' }, response) => {
    const [, name] = /^\/client\/(\w+\.js)$/.exec(url) ?? [];
    const file =
      url === '/openapi-fetch.js' ? 'node_modules/openapi-fetch/dist/index.mjs' : name && path.join(folder, name);
    response.writeHead(200, { 'content-type': file ? 'text/javascript' : 'text/html' });
    response.end(file ? readFileSync(file) : PAGE);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

describeInBrowser('the client', (browser) => {
  let folder: string;
  let server: Server;
  let app: TestApp;
  let origin: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'troth-client-'));
    server = await servePage(folder);
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    app = await startTestApp({ WEB_ORIGINS: origin });
  });
  afterAll(async () => {
    await app.stop();
    server.close();
    await rm(folder, { recursive: true });
  });

  test('logs in, asks, refreshes once for many and logs out in a page of WEB_ORIGINS', async () => {
    const ada = new TestClaimant(app, 'ada@example.com');
    await ada.becomeActive();
    const { page } = await browser.visit(origin);
    const told = await page.evaluate(`(async () => {
      const { Troth, memoryTokens } = await import('@troth/client');
      const tokens = memoryTokens();
      let refreshes = 0;
      const send = (request) => {
        if (request.url.endsWith('/refresh')) refreshes += 1;
        return fetch(request);
      };
      const troth = new Troth({ baseUrl: ${JSON.stringify(app.url)}, tokens, fetch: send });
      await troth.logIn(${JSON.stringify({ email: ada.email, password: ada.password })});
      await tokens.write({ ...tokens.read(), expiresAt: Date.now() });
      const answers = await Promise.all(Array.from({ length: 10 }, () => troth.api.GET('/v1/me')));
      await troth.logOut();
      const { code } = await troth.api.GET('/v1/me').catch((problem) => problem);
      return { emails: [...new Set(answers.map(({ data }) => data.email))], refreshes, code };
    })()`);
    expect(told).toEqual({ emails: [ada.email], refreshes: 1, code: 'unauthenticated' });
    await page.context().close();
  });
});
