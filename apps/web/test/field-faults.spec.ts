import { fieldFaults, markable } from '../lib/field-faults.ts';

/** A form of which some fields are filled in. */
function formOf(...names: readonly string[]): FormData {
  const form = new FormData();
  for (const name of names) form.set(name, 'x');
  return form;
}

test.each([
  ['a field of the form', 'email', formOf('email', 'password'), true],
  ['a field of another form', 'email', formOf('password'), false],
  ['a field that goes by another name', 'reason', formOf('id', 'sessions_reason'), false],
  ['a token of a link', 'owner_token', formOf('owner_token', 'email'), false],
  ['a part of a field', 'roles/0', formOf('username'), false],
  ['the whole', '', formOf('username'), false],
])('%s', (_, name, form, isMarked) => {
  const faults = fieldFaults([{ pointer: `/${name}`, detail: 'It is wrong.' }]);
  const words = Object.values(faults);
  expect(words).toHaveLength(1);
  expect(markable(faults, form)).toEqual(isMarked ? { fields: faults, others: [] } : { fields: {}, others: words });
});
