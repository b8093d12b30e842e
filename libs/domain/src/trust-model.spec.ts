import { readFileSync } from 'node:fs';

import { MAX_STRIKES, TRUST_STATES, TRUST_TRANSITIONS } from './trust.ts';

const model = readFileSync('docs/model/trust.pml', 'utf8');
const page = readFileSync('docs/model/README.md', 'utf8');

const namesOf = (type: string): readonly string[] | undefined =>
  new RegExp(`^mtype:${type} = \\{ (.*) \\};$`, 'm').exec(model)?.[1]?.split(', ');
const unique = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort();

test('the model has the states, the events and the moves of the trust machine, and no others', () => {
  expect(namesOf('states')).toEqual(TRUST_STATES);
  expect(unique(namesOf('events') ?? [])).toEqual(unique(TRUST_TRANSITIONS.map(({ event }) => event)));
  const moves = [...model.matchAll(/\bmove\((.+?), (.+?), (.+?)\)(?! \{)/g)].map((move) => move.slice(1).join(' '));
  expect(unique(moves)).toEqual(unique(TRUST_TRANSITIONS.map(({ from, event, to }) => `${from} ${event} ${to}`)));
});

test('its state changes by a move alone, and its claims end with the third strike', () => {
  expect(model.match(/\bstate (?:=|\+\+|--)(?!=).*/g)).toEqual(['state = AVAILABLE;', 'state = to']);
  expect(/^#define STRIKES (\d+)$/m.exec(model)?.[1]).toBe(String(MAX_STRIKES));
});

test('its broken designs are those of its page, and each breaks a promise that an assertion stands for', () => {
  const written = [...model.matchAll(/^#if(?:n?def| defined.*) .*$/gm)].flatMap(([line]) => line.match(/[A-Z_]{3,}/g));
  const bounds = ['CLAIMS', 'CLIENTS', 'PEOPLE', 'REQUESTS', 'WITNESS_EVENT'];
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\|.*\| +(.+?) +\|$/gm)];
  expect(unique(written.filter((name): name is string => name !== null))).toEqual(
    unique([...bounds, ...rows.map(([, name = '']) => name)]),
  );
  const promises = [...model.matchAll(/\bassert\(.*\).* \/\* (.+) \*\/$/gm)].map(([, promise]) => promise);
  expect(rows.filter(([, , promise]) => !promises.includes(promise))).toEqual([]);
});
