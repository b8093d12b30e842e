import { parseDisplayName } from './display-name.ts';

test.each([
  ['Ada Lovelace', 'Ada Lovelace'],
  [' \t\u00a0Ada\u3000\n', 'Ada'],
  ['x', 'x'],
  ['王芳', '王芳'],
  ['مریم', 'مریم'],
  ["D'Artagnan (♜) & co", "D'Artagnan (♜) & co"],
  ['👩‍🚀', '👩‍🚀'],
  ['<script>', '<script>'],
  ['\u{1f511}'.repeat(100), '\u{1f511}'.repeat(100)],
])('%j is the name %j', (text, name) => {
  expect(parseDisplayName(text)).toBe(name);
});

test.each([
  ['', 'nothing'],
  [' \t ', 'white space'],
  ['\u200b\u200d', 'nothing to see'],
  ['Ada\nLovelace', 'two lines'],
  ['Ada\u2028Lovelace', 'two lines'],
  ['Ada\0', 'NUL'],
  ['Ada\u0007', 'a bell'],
  ['Ada\u009b31m', 'a control of terminals'],
  ['\u202eadA', 'an override of the direction'],
  ['Ada\u2066', 'an isolate'],
  ['Ada\ud800', 'half a character'],
  ['x'.repeat(101), 'too many characters'],
  ['\u{1f511}'.repeat(101), 'too many characters'],
])('%j is none: it is or has %s', (text) => {
  expect(parseDisplayName(text)).toBeUndefined();
});
