import { AuditTrail } from '#testing/audit-trail';
import { eventually } from '#testing/eventually';
import { startTestApp, type TestApp } from '#testing/test-app';

import { AuditCheck } from './audit-check.ts';
import { VerifyAudit } from './verify-audit.usecase.ts';

const lines: Record<string, unknown>[] = [];
let app: TestApp;
let trail: AuditTrail;
beforeAll(async () => {
  const write = (line: string): unknown => lines.push(JSON.parse(line) as Record<string, unknown>);
  app = await startTestApp({ LOG_LEVEL: 'info' }, undefined, { write: (line: string) => void write(line) });
  trail = AuditTrail.in(app);
});
afterAll(async () => {
  await trail.close();
  await app.stop();
});

const chain = () => app.get(VerifyAudit).run();
const valid = async () => /^troth_audit_chain_valid (\d)$/m.exec(await app.metrics())?.[1];
const told = () => lines.filter(({ event }) => String(event).startsWith('audit_chain'));

test('it answers what the chain is, with the last verification of the whole', async () => {
  await eventually(() => Promise.resolve(app.get(AuditCheck).last));
  const nothing = { valid: true, verified_from: 1, batches: 0, events: 0, head: null, checkpoint: null, fault: null };
  const nothingFound = { valid: true, batches: 0, events: 0, fault: null, verified_at: expect.any(String) };
  expect(await chain()).toEqual({ ...nothing, unsealed: 0, last_check: nothingFound });
  await trail.write(3);
  await trail.seal();
  await trail.write(2);
  expect(await chain()).toEqual({
    ...nothing,
    batches: 1,
    events: 3,
    head: { count: 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/), sealed_at: expect.stringMatching(/Z$/) },
    unsealed: 2,
    last_check: nothingFound,
  });
  expect(told()).toEqual([expect.objectContaining({ event: 'audit_chain_verified', batches: 0, auditHead: null })]);
});

test('whoever asks while it is verified is given that answer', async () => {
  app.statements();
  const answers = await Promise.all([chain(), chain(), chain()]);
  expect(new Set(answers).size).toBe(1);
  expect(app.statements().filter((text) => text.includes('unnest'))).toHaveLength(1);
});

test('what the last verification of the whole found stands in the answer, the log and the metrics', async () => {
  await app.get(AuditCheck).run();
  expect(await valid()).toBe('1');
  expect(told().at(-1)).toMatchObject({
    event: 'audit_chain_verified',
    batches: 1,
    events: 3,
    auditHead: expect.any(String),
  });
  await trail.tamper(`update audit_event set event = 'session.revoked'`);
  await app.get(AuditCheck).run();
  expect(await valid()).toBe('0');
  const fault = { batch: 1, kind: 'events_changed' };
  expect(told().at(-1)).toMatchObject({ level: 'error', event: 'audit_chain_broken', batch: 1, fault: fault.kind });
  await trail.tamper(`update audit_event set event = 'session.created'`);
  expect(await chain()).toMatchObject({ valid: false, batches: 1, fault, last_check: { valid: false, fault } });
  await app.get(AuditCheck).run();
  expect(await chain()).toMatchObject({ valid: true, fault: null, last_check: { valid: true } });
});

test('of a long chain the newest part is verified now', async () => {
  for (let batch = 0; batch < 4; batch++) {
    await trail.writeAtOnce(1);
    await trail.seal();
  }
  jest.spyOn(app.get(VerifyAudit), 'mostBatches', 'get').mockReturnValue(3);
  expect(await chain()).toMatchObject({ valid: true, verified_from: 3, batches: 3, events: 3, head: { count: 9 } });
});

test('the end of the process ends a verification at its next statement, and no other comes to anything', async () => {
  const check = app.get(AuditCheck);
  const before = check.last;
  const running = check.run();
  await check.finish();
  await running;
  await check.run();
  expect(check.last).toBe(before);
});
