// npm run scale [accounts,accounts,… [rounds]]: what requests cost when there are few accounts and when there are many. A
// service of its own for each number, all of them in turns in one run; the CPU is that of the API and of PostgreSQL.
import { Place } from './measure/place.mjs';

const SIZES = (process.argv[2] ?? '1e4,1e6,1e7').split(',').map(Number);
const ROUNDS = Number(process.argv[3] ?? 10);
const WARM_UP_ROUNDS = 3;

const places = SIZES.map((size) => new Place(size));
try {
  for (const place of places) {
    const began = performance.now();
    await place.start();
    console.log(`${place.size} accounts after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const act of Object.keys(places[0].acts)) {
      for (const place of shuffled(places)) await place.take(act, round >= 0);
    }
  }
  print();
} finally {
  for (const place of places) await place.stop();
}

function print() {
  console.log(
    `${ROUNDS} rounds; CPU milliseconds of the API and PostgreSQL for each request, and over those of the first`,
  );
  console.log(''.padEnd(16) + SIZES.map((size) => `${size} accounts`.padStart(24)).join(''));
  for (const name of Object.keys(places[0].acts)) {
    const costs = places.map(({ acts }) => acts[name].total.cpuMs);
    const cells = costs.map((cost) => `${cost.toFixed(2)} (${(cost / costs[0]).toFixed(2)})`.padStart(24));
    console.log(name.padEnd(16) + cells.join(''));
  }
}

function shuffled(list) {
  return list
    .map((item) => [Math.random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
