// Serves the application. Next.js takes the X-Forwarded-For of a client for the truth; so here, as on any proxy, the peer of
// the socket is added to it, and the API finds the address of the user from the right (TRUSTED_PROXIES).
import { createServer } from 'node:http';
import next from 'next';

const port = Number(process.env.PORT ?? 3001);
const hostname = process.env.HOST ?? '127.0.0.1';
const app = next({ dev: process.env.NODE_ENV !== 'production', dir: import.meta.dirname, hostname, port });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => {
  const { remoteAddress = 'unknown' } = request.socket;
  const before = request.headers['x-forwarded-for'];
  request.headers['x-forwarded-for'] = before === undefined ? remoteAddress : `${before}, ${remoteAddress}`;
  void handle(request, response);
});
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
