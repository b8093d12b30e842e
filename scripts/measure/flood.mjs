// A process that does nothing but log in: it shares the CPUs with the service it floods, so it does as little as it can.
// `fork` it with the URL; sent { emails, password, seconds, rate or clients }, it answers with [status, milliseconds] of each.
import net from 'node:net';

const { hostname, port, host } = new URL(process.argv[2]);
const idle = [];

process.on('message', ({ emails, password, seconds, rate, clients }) => {
  const requests = emails.map((email) => requestOf(JSON.stringify({ email, password })));
  const answers = rate === undefined ? closedLoop(requests, clients, seconds) : openLoop(requests, rate, seconds);
  void answers.then((list) => process.send(list));
});
process.once('disconnect', () => process.exit());

/** Each client sends its next request when it has its answer. */
async function closedLoop(requests, clients, seconds) {
  const answers = [];
  const end = performance.now() + seconds * 1_000;
  const client = async (first) => {
    for (let n = first; performance.now() < end; n++) answers.push(await ask(requests[n % requests.length]));
  };
  await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
  return answers;
}

/** Sends `rate` requests a second whatever becomes of them. */
async function openLoop(requests, rate, seconds) {
  const answers = [];
  const began = performance.now();
  for (let now = began; now - began < seconds * 1_000; now = performance.now()) {
    const due = Math.floor(((now - began) / 1_000) * rate);
    while (answers.length < due) answers.push(ask(requests[answers.length % requests.length]));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return Promise.all(answers);
}

/** Resolves to the status, 0 if there was no answer, and the milliseconds it took. */
function ask(request) {
  const socket = idle.pop() ?? net.connect({ host: hostname, port: Number(port), noDelay: true });
  const began = performance.now();
  return new Promise((resolve) => {
    let text = '';
    const settle = (status) => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      if (status > 0) idle.push(socket);
      resolve([status, performance.now() - began]);
    };
    socket.on('data', (part) => {
      text += part.toString('latin1');
      if (isWhole(text)) settle(Number(text.slice(9, 12)));
    });
    socket.once('error', () => settle(0));
    socket.once('close', () => settle(0));
    socket.write(request);
  });
}

function isWhole(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: (\d+)/im.exec(text)?.[1];
  return text.length - end - 4 >= Number(length ?? 0);
}

function requestOf(body) {
  const head = `POST /v1/sessions HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json`;
  return Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
