import { TestClaimant, wrong } from '#testing/claimant';
import { eventually } from '#testing/eventually';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { age } from '#testing/time-travel';

const lines: string[] = [];
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ LOG_LEVEL: 'info' }, undefined, { write: (line) => lines.push(line) });
});
afterAll(() => app.stop());

type Line = Readonly<Record<string, unknown>>;

/** The line of the request, which is written after its answer has gone. */
function lineOf({ headers }: Answer): Promise<Line> {
  const id = headers.get('x-request-id');
  const isIt = ({ event, requestId }: Line): boolean => event === 'request' && requestId === id;
  return eventually(() => Promise.resolve(lines.map((line) => JSON.parse(line) as Line).find(isIt)));
}

let people = 0;
async function claimed(): Promise<readonly [TestClaimant, code: string]> {
  const claimant = new TestClaimant(app, `someone${++people}@example.com`);
  await claimant.register();
  return [claimant, await claimant.code()];
}

/** Each way in which an activation is refused. */
const REFUSALS: Readonly<Record<string, () => Promise<Answer>>> = {
  no_claim: () => new TestClaimant(app, 'nobody@example.com').activate('0000'),
  wrong_password: async () => {
    const [claimant, code] = await claimed();
    return claimant.activate(code, 'not the right password');
  },
  struck: async () => {
    const [claimant, code] = await claimed();
    return claimant.activate(wrong(code));
  },
  struck_out: async () => {
    const [claimant, code] = await claimed();
    for (let strike = 1; strike < 3; strike++) await claimant.activate(wrong(code));
    return claimant.activate(wrong(code));
  },
  expired: async () => {
    const [claimant, code] = await claimed();
    await age(app.db, claimant.email, 61);
    return claimant.activate(code);
  },
  refused_replay: async () => {
    const [claimant, code] = await claimed();
    await claimant.activate(code);
    return claimant.activate(wrong(code));
  },
};

test('the log alone tells why an activation was refused; the answers differ in nothing but the request id', async () => {
  const answers: unknown[] = [];
  for (const [reason, refuse] of Object.entries(REFUSALS)) {
    const answer = await refuse();
    expect(await lineOf(answer)).toMatchObject({
      route: '/v1/registrations/activation',
      status: 401,
      problem: 'activation-failed',
      reason,
    });
    const id = answer.headers.get('x-request-id');
    expect(answer.body).toMatchObject({ instance: id });
    const headers = [...answer.headers].filter(([name]) => !['x-request-id', 'date', 'ratelimit'].includes(name));
    answers.push([answer.status, headers, answer.text.replace(String(id), '')]);
  }
  expect(answers).toEqual(answers.map(() => answers[0]));
  expect(JSON.stringify(answers[0])).toContain('["www-authenticate","Basic realm=');
});
