// A web application whose back end keeps the tokens: browsers get a cookie that means nothing elsewhere, and no token.
// TROTH_URL is where the API is, ORIGIN where browsers reach this application. It needs Node.js and no package.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const { TROTH_URL, ORIGIN, PORT = '8080' } = process.env;
const COOKIE = '__Host-app';
/** An access token is renewed this long before its end: the request it goes with takes time as well. */
const MARGIN_MS = 10_000;

/** Session id → tokens. In earnest a table that every process of yours reads. */
const sessions = new Map();

/** Troth says that the session is over: the one reason to forget the tokens. */
class LoggedOut extends Error {}
/** Troth cannot answer now, or does not want to. The session is as good as before. */
class Unavailable extends Error {}

/** One request to Troth on behalf of a user, who keeps limits of their own by their address. */
async function troth(method, path, { address, token, body }) {
  const answer = await fetch(TROTH_URL + path, {
    method,
    headers: {
      'x-forwarded-for': address,
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  if (answer.status === 429 || answer.status >= 500) throw new Unavailable(`answered ${answer.status}`);
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}

function keep(session, tokens) {
  session.access = tokens.access_token;
  session.refresh = tokens.refresh_token;
  session.renewAt = Date.now() + tokens.expires_in * 1_000 - MARGIN_MS;
}

/** Requests that come together share one refresh. */
function renew(session, address) {
  session.renewing ??= nextTokens(session, address).finally(() => (session.renewing = undefined));
  return session.renewing;
}

async function nextTokens(session, address) {
  const ask = () => troth('POST', '/v1/sessions/refresh', { address, body: { refresh_token: session.refresh } });
  // When the answer is lost, the same token again: Troth answers with the same tokens.
  const { status, body } = await ask().catch(ask);
  if (status === 401) throw new LoggedOut(body.code);
  keep(session, body);
}

/** A request with the user's access token. */
async function asUser(session, method, path, address) {
  if (Date.now() >= session.renewAt) await renew(session, address);
  let answer = await troth(method, path, { address, token: session.access });
  if (answer.body?.code === 'unauthenticated') {
    await renew(session, address);
    answer = await troth(method, path, { address, token: session.access });
  }
  if (answer.status === 401) throw new LoggedOut(answer.body.code);
  return answer.body;
}

const routes = {
  'GET /': async ({ session, address }) => {
    if (!session) return page(200, form());
    const { email } = await asUser(session, 'GET', '/v1/me', address);
    return page(200, `<p>Hello ${escaped(email)}<form method="post" action="/log-out"><button>Log out</button></form>`);
  },
  'POST /log-in': async ({ fields, address }) => {
    const body = { email: fields.get('email') ?? '', password: fields.get('password') ?? '', device_name: 'the web' };
    const { status, body: tokens } = await troth('POST', '/v1/sessions', { address, body });
    if (status !== 201) return page(401, form('That is not right.'));
    // A new id at each log-in: whoever planted an old one knows nothing.
    const id = randomBytes(32).toString('base64url');
    sessions.set(id, {});
    keep(sessions.get(id), tokens);
    return moved(cookie(id));
  },
  'POST /log-out': async ({ session, id, address }) => {
    if (session) await asUser(session, 'DELETE', '/v1/sessions/current', address);
    sessions.delete(id);
    return moved(cookie('', 0));
  },
};

const server = createServer((request, response) => {
  answerTo(request).then(
    ({ status, headers, html }) => response.writeHead(status, { 'cache-control': 'no-store', ...headers }).end(html),
    () => response.writeHead(500).end(),
  );
});
server.listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));

async function answerTo(request) {
  const route = routes[`${request.method} ${request.url}`];
  if (!route) return page(404, 'Nothing is here.');
  if (request.method === 'POST' && request.headers.origin !== ORIGIN) return page(403, 'Another site sent you.');
  const id = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
  const fields = new URLSearchParams(request.method === 'POST' ? await textOf(request) : '');
  try {
    return await route({ id, session: sessions.get(id), fields, address: request.socket.remoteAddress });
  } catch (error) {
    if (!(error instanceof LoggedOut)) return page(503, 'Please try again in a moment.', { 'retry-after': '2' });
    sessions.delete(id);
    return page(401, form('You were logged out.'), cookie('', 0));
  }
}

async function textOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function page(status, html, headers = {}) {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, html };
}

function moved(headers) {
  return { status: 303, headers: { location: '/', ...headers }, html: '' };
}

function cookie(id, seconds = 30 * 24 * 3_600) {
  return { 'set-cookie': `${COOKIE}=${id}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax` };
}

function form(word = '') {
  return `<p>${word}<form method="post" action="/log-in"><input name="email" type="email" autocomplete="username">
    <input name="password" type="password" autocomplete="current-password"><button>Log in</button></form>`;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
