// What nobody who answers by HTTP from a database can do without, as a process of its own: Fastify as it comes and one
// select, with or without the Argon2id of a password. `fork` it with the URL of a database; it sends its port. Sent a
// number, it makes so many hashes with nothing around them and sends the number back.
import { availableParallelism } from 'node:os';
import fastify from 'fastify';
import postgres from 'postgres';
import { bareHash } from './bare-hash.mjs';

const sql = postgres(process.argv[2], { max: 4 });
const app = fastify();
let free = availableParallelism();
const waiting = [];

app.post('/hash', async (request, reply) => {
  const { email, password } = request.body;
  const tag = await inTurn(() => bareHash(password));
  await sql`select ${email}::text, ${tag}::bytea`;
  return reply.code(202).send({});
});

app.get('/me', async () => {
  const [row] = await sql`select oid::int, typname from pg_type where oid = ${23}::int`;
  return { id: row.oid, name: row.typname };
});

await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ port: app.server.address().port });
process.on('message', (count) => void hashes(count).then(() => process.send(count)));
process.once('disconnect', () => process.exit());

/** As many at once as there are CPUs, and no request behind them. */
async function hashes(count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await bareHash('correct horse battery');
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** As many at once as there are CPUs, as Troth does it. */
async function inTurn(act) {
  if (free > 0) free--;
  else await new Promise((resolve) => waiting.push(resolve));
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}
