// What clients ask of Troth, each refused loudly by an error when it is not answered as wanted.

/** Of everybody who is made up here. */
export const PASSWORD = 'correct horse battery';

/** The requests of a client. */
export function requestsOf(client) {
  const wanted = async (status, answer) => {
    const { status: got, text } = await answer;
    if (got !== status) throw new Error(`answered ${got}: ${text}`);
    return text;
  };
  let changes = 0;
  const post = (path, body, more) => client.send('POST', path, { body, ...more });
  return {
    wanted,
    register: (email) => wanted(202, post('/v1/registrations', { email, password: PASSWORD })),
    activate: (email, code) => wanted(200, post('/v1/registrations/activation', { code }, { as: [email, PASSWORD] })),
    /** Resolves to the session. */
    logIn: async (email) => JSON.parse(await wanted(201, post('/v1/sessions', { email, password: PASSWORD }))),
    /** Moves a session on. */
    refresh: async (session) => {
      const text = await wanted(200, post('/v1/sessions/refresh', { refresh_token: session.refresh_token }));
      Object.assign(session, JSON.parse(text));
    },
    me: ({ access_token }) =>
      wanted(200, client.send('GET', '/v1/me', { headers: { authorization: `Bearer ${access_token}` } })),
    /** Changes one field of the profile; it is another one each time. */
    changeProfile: ({ access_token }) => {
      const body = { display_name: `Ada the ${++changes}th` };
      return wanted(
        200,
        client.send('PATCH', '/v1/me', { body, headers: { authorization: `Bearer ${access_token}` } }),
      );
    },
    /** Erases the account of a session that has just begun. */
    erase: ({ access_token }) =>
      wanted(200, client.send('DELETE', '/v1/me', { headers: { authorization: `Bearer ${access_token}` } })),
    /** A page of the users; resolves to the cursor of the next one. */
    listUsers: async ({ access_token }, cursor) => {
      const path = `/v1/admin/users${cursor === null ? '' : `?cursor=${cursor}`}`;
      const headers = { authorization: `Bearer ${access_token}` };
      return JSON.parse(await wanted(200, client.send('GET', path, { headers }))).next_cursor;
    },
  };
}

/** Does something with each of them, so many at once. */
export async function batch(items, atOnce, act) {
  const queue = [...items];
  const worker = async () => {
    while (queue.length > 0) await act(queue.shift());
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
