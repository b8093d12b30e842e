// npm run model: Spin searches the model of the trust machine, as docs/model/README.md says. Needs spin and gcc.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const FOLDER = path.join('docs', 'model');
const MODEL = 'trust.pml';
const MEGABYTES = 1024;
const SECONDS = 600;

const run = promisify(execFile);
const source = await readFile(path.join(FOLDER, MODEL), 'utf8');
const page = await readFile(path.join(FOLDER, 'README.md'), 'utf8');

/** The cells of the table below a heading, without its head. */
function rowsOf(heading) {
  const text = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const [, , ...rows] = text.split('\n').filter((line) => line.startsWith('|'));
  if (rows.length === 0) throw new Error(`docs/model/README.md has no table below "${heading}"`);
  return rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

const BOUNDS = rowsOf('What is searched').map(([, clients, people, requests, claims]) => ({
  name: `${clients} clients of ${people} people, ${requests} requests each, ${claims} claims`,
  defines: [`CLIENTS=${clients}`, `PEOPLE=${people}`, `REQUESTS=${requests}`, `CLAIMS=${claims}`],
}));
const BROKEN = rowsOf('Broken designs').map(([, name, , breaks]) => ({ name, breaks }));
const MOVES = new Map(
  [...source.matchAll(/\bmove\(([A-Z]+), (\w+), ([A-Z]+)\)/g)].map(([, from, event, to]) => [
    `${from} ${event} ${to}`,
    [`WITNESS_STATE=${from}`, `WITNESS_EVENT=${event}`],
  ]),
);

/** Walks through all runs, up to the first that breaks an assertion; `breaks` is the comment behind that. */
async function search(defines) {
  const cwd = await mkdtemp(path.join(tmpdir(), 'troth-model-'));
  const flags = defines.map((define) => `-D${define}`);
  try {
    await copyFile(path.join(FOLDER, MODEL), path.join(cwd, MODEL));
    await run('spin', ['-a', ...flags, MODEL], { cwd });
    await run('gcc', ['-w', '-DSAFETY', '-DCOLLAPSE', `-DMEMLIM=${MEGABYTES}`, '-o', 'pan', 'pan.c'], { cwd });
    const { stdout } = await run('./pan', ['-m10000', '-w22'], { cwd, timeout: SECONDS * 1000 });
    const [, errors, states] = /errors: (\d+)\n\s*(\d+) states, stored/.exec(stdout) ?? [];
    if (errors === '0' && !/not completed|too small|out of memory/.test(stdout)) return { states: Number(states) };
    if (!stdout.includes('assertion violated (')) throw new Error(`the search came to no end:\n${stdout}`);
    const { stdout: trail } = await run('spin', ['-t', '-p', '-g', ...flags, MODEL], { cwd, maxBuffer: 2 ** 26 });
    const [, line] = /trust\.pml:(\d+), Error: assertion violated/.exec(trail) ?? [];
    const [, breaks] = /\/\* (.+) \*\/$/.exec(source.split('\n')[Number(line) - 1] ?? '') ?? [];
    return { states: Number(states), breaks: breaks ?? `line ${line}`, trail };
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** The same within each of the bounds in turn, until something breaks. */
async function searchAll(define) {
  for (const { defines } of BOUNDS) {
    const found = await search([...defines, ...define]);
    if (found.breaks !== undefined) return found;
  }
  return {};
}

const JOBS = [
  ...BOUNDS.map(({ name, defines }) => async () => {
    const { states, breaks, trail } = await search(defines);
    const right = breaks === undefined;
    return { right, line: right ? `holds      ${name}: ${states} states` : `BREAKS     ${name}: ${breaks}\n${trail}` };
  }),
  ...[...MOVES].map(([move, define]) => async () => {
    const right = (await searchAll(define)).breaks === 'witnessed';
    return { right, line: `${right ? 'happens   ' : 'NEVER SEEN'} ${move}` };
  }),
  ...BROKEN.map(({ name, breaks }) => async () => {
    const found = await searchAll([name]);
    const right = found.breaks === breaks;
    const line = right
      ? `refuted    ${name}: ${breaks}`
      : `NOT SEEN   ${name}: ${breaks}; found: ${found.breaks ?? 'nothing'}`;
    return { right, line };
  }),
];

const isMissing = (tool) =>
  run(tool, ['--version']).then(
    () => false,
    (error) => error.code === 'ENOENT',
  );
const missing = [];
for (const tool of ['spin', 'gcc']) if (await isMissing(tool)) missing.push(tool);
if (missing.length > 0) {
  console.error(
    `LEFT OUT: the model of the trust machine. It needs ${missing.join(' and ')}: apt-get install spin gcc`,
  );
  process.exit(1);
}

const started = performance.now();
const waiting = [...JOBS];
const workers = Array.from({ length: Math.min(4, availableParallelism()) }, async () => {
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    const { right, line } = await job().catch((error) => ({ right: false, line: String(error) }));
    console.log(line);
    if (!right) process.exitCode = 1;
  }
});
await Promise.all(workers);
console.log(`${JOBS.length} searches in ${Math.round((performance.now() - started) / 1000)} s.`);
