import ts from 'typescript';

/**
 * What values a TypeScript type admits, in words: `string`, `number`, `bigint`, `boolean`, `null`, `undefined`, `Date`,
 * `Uint8Array`, `object`, one of these with `[]`, or `any`. Literals of a string are kept, if there is nothing else.
 */
export interface Words {
  readonly words: ReadonlySet<string>;
  /** The literals a union of strings admits; undefined when it admits every string, or none. */
  readonly literals?: readonly string[];
}

const BY_FLAG = [
  [ts.TypeFlags.Any | ts.TypeFlags.Unknown, 'any'],
  [ts.TypeFlags.StringLike, 'string'],
  [ts.TypeFlags.NumberLike, 'number'],
  [ts.TypeFlags.BigIntLike, 'bigint'],
  [ts.TypeFlags.BooleanLike, 'boolean'],
  [ts.TypeFlags.Null, 'null'],
  [ts.TypeFlags.Undefined | ts.TypeFlags.Void, 'undefined'],
] as const;

const BYTES = ['Uint8Array', 'Buffer'];

/** The words of a type, through unions, brands and arrays. */
export function wordsOf(checker: ts.TypeChecker, type: ts.Type): Words {
  const parts = type.isUnion() ? type.types : [type];
  const words = new Set(parts.map((part) => wordOf(checker, part)));
  const strings = parts.filter((part) => (part.flags & ts.TypeFlags.StringLike) !== 0);
  const literals = strings.filter((part) => part.isStringLiteral()).map((part) => part.value);
  return strings.length > 0 && literals.length === strings.length ? { words, literals } : { words };
}

function wordOf(checker: ts.TypeChecker, type: ts.Type): string {
  const [, word] = BY_FLAG.find(([flag]) => (type.flags & flag) !== 0) ?? [];
  if (word !== undefined) return word;
  // A branded string is an intersection of the string with its brand.
  if (type.isIntersection()) return type.types.map((part) => wordOf(checker, part)).find(isPrimitive) ?? 'object';
  if (checker.isArrayType(type)) return arrayWord(checker, type);
  const name = type.getSymbol()?.name;
  if (name === 'Date') return 'Date';
  return name !== undefined && BYTES.includes(name) ? 'Uint8Array' : 'object';
}

function arrayWord(checker: ts.TypeChecker, type: ts.Type): string {
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  const { words } = element ? wordsOf(checker, element) : { words: new Set(['any']) };
  return `${[...words].sort().join('|')}[]`;
}

function isPrimitive(word: string): boolean {
  return word !== 'object';
}
