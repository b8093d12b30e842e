// Serves the application. Next.js takes the X-Forwarded-For of a client for the truth; so here, as on any proxy, the peer of
// the socket is added to it, and the API finds the address of the user from the right (TRUSTED_PROXIES).
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import next from 'next';

const METHODS = ['GET', 'HEAD', 'POST'];
/** Bytes: four times what the API takes. */
const LONGEST_FORM = 65_536;
const port = Number(process.env.PORT ?? 3001);
const hostname = process.env.HOST ?? '127.0.0.1';
const app = next({ dev: process.env.NODE_ENV !== 'production', dir: import.meta.dirname, hostname, port });
// It reads .env files.
await app.prepare();
if (process.env.NODE_ENV === 'production' && (process.env.WEB_SECRET ?? '').length < 32) {
  console.error(
    'WEB_SECRET has to be 32 random characters or more, the same for every process of the application: openssl rand -base64 32 makes some.',
  );
  process.exit(1);
}
const handle = app.getRequestHandler();
// After an action that leads elsewhere, Next.js asks this server for that page, with the headers that the action came with. So
// whatever comes with the secret of this process comes from itself, on behalf of somebody whose address is known already.
const secret = randomBytes(32).toString('base64url');
const server = createServer((request, response) => {
  const { headers, socket } = request;
  const isFromWithin = isSecret(headers['x-process-secret']);
  const refusal = isFromWithin ? undefined : refusalOf(request);
  if (refusal !== undefined)
    return response.writeHead(refusal, { allow: METHODS.join(', '), connection: 'close' }).end();
  headers['x-process-secret'] = secret;
  delete headers['x-from-within'];
  if (isFromWithin) headers['x-from-within'] = '1';
  else
    headers['x-forwarded-for'] = [headers['x-forwarded-for'] ?? [], socket.remoteAddress ?? 'unknown']
      .flat()
      .join(', ');
  return handle(request, response);
});

/** What Next.js would answer with an error of its own, or read to the end before it refuses it. */
function refusalOf({ method, url, headers }) {
  if (!METHODS.includes(method)) return 405;
  if (!isPath(url)) return 400;
  return Number(headers['content-length'] ?? 0) > LONGEST_FORM ? 413 : undefined;
}

function isPath(url) {
  try {
    return url.startsWith('/') && decodeURIComponent(url.split('?')[0]) !== '';
  } catch {
    return false;
  }
}

function isSecret(text) {
  const [told, known] = [Buffer.from(String(text)), Buffer.from(secret)];
  return told.length === known.length && timingSafeEqual(told, known);
}

server.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(port, hostname, () => console.log(`The web application is at http://localhost:${server.address().port}`));

function stop() {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, stop);
