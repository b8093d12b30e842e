// HTTP over kept connections, with as little of its own as possible.
import http from 'node:http';

/** A client of the API with up to `connections` at once. */
export function clientOf(url, connections = 1) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  const send = (method, path, { body, as, headers } = {}) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const request = http.request(
        {
          agent,
          hostname,
          port,
          method,
          path,
          headers: {
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
            ...(as === undefined ? {} : { authorization: `Basic ${Buffer.from(as.join(':')).toString('base64')}` }),
            ...headers,
          },
        },
        (response) => {
          let answer = '';
          response.setEncoding('utf8').on('data', (part) => (answer += part));
          response.on('end', () => resolve({ status: response.statusCode, text: answer }));
        },
      );
      request.once('error', reject);
      request.end(text);
    });
  return { send, close: () => agent.destroy() };
}

/** The code of the newest letter to an address, from the development mailbox. */
export async function codeFor(client, email, letters = 1) {
  for (;;) {
    const { text } = await client.send('GET', `/dev/mailbox.json?to=${encodeURIComponent(email)}`);
    const received = JSON.parse(text).letters;
    if (received.length >= letters) return /\b\d{4}(?:\d{4})?\b/.exec(received.at(-1).subject)[0];
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
