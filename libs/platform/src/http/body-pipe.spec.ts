import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import fc from 'fast-check';

import { Problem, type FieldFault } from '#platform/problems/problem';

import { BodyPipe } from './body-pipe.ts';
import { WellFormed } from './well-formed.ts';

class PetDto {
  @IsString()
  name!: string;
}

class PersonDto {
  @IsString()
  @MaxLength(8)
  @Matches(/^[a-z]+$/)
  name!: string;

  @IsOptional()
  @IsString()
  @WellFormed()
  motto?: string | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(150)
  age?: number;

  @IsOptional()
  @ValidateNested()
  @Type(() => PetDto)
  pet?: PetDto;
}

class Bare {
  declare readonly anything: string;
}

const pipe = new BodyPipe();
const body = (value: unknown, metatype: new () => object = PersonDto): Promise<unknown> =>
  pipe.transform(value, { type: 'body', metatype });

async function faultsOf(value: unknown, metatype?: new () => object): Promise<readonly FieldFault[]> {
  const outcome = await body(value, metatype).catch((error: unknown) => error);
  if (outcome instanceof Problem && outcome.code === 'validation-failed') return outcome.options.errors ?? [];
  if (outcome instanceof Error) throw outcome;
  return [];
}

const rules = async (value: unknown): Promise<readonly string[]> =>
  (await faultsOf(value)).map(({ pointer, code }) => `${pointer} ${code}`);

test('a good body becomes an instance of its class', async () => {
  const person = await body({ name: 'ada', motto: null, age: 36, pet: { name: 'cat' } });
  expect(person).toBeInstanceOf(PersonDto);
  expect(person).toEqual(
    Object.assign(new PersonDto(), {
      name: 'ada',
      motto: null,
      age: 36,
      pet: Object.assign(new PetDto(), { name: 'cat' }),
    }),
  );
});

test.each<readonly [unknown, readonly string[]]>([
  [{}, ['/name is-string']],
  [{ name: 1 }, ['/name is-string']],
  [{ name: 'ada lovelace' }, ['/name max-length']],
  [{ name: 'Ada' }, ['/name matches']],
  [{ name: ['ada'] }, ['/name is-string']],
  [{ name: { toString: 'ada' } }, ['/name is-string']],
  [{ name: 'ada', age: '36' }, ['/age is-int']],
  [{ name: 'ada', age: 36.5 }, ['/age is-int']],
  [{ name: 'ada', age: 1e400 }, ['/age is-int']],
  [{ name: 'ada', age: -1 }, ['/age min']],
  [{ name: 'ada', age: 151 }, ['/age max']],
  [{ name: 'ada', motto: '\ud800' }, ['/motto well-formed']],
  [{ name: 'ada', motto: 'a\0b' }, ['/motto well-formed']],
  [{ name: 'ada', pet: { name: 1 } }, ['/pet/name is-string']],
  [{ name: 'ada', pet: { name: 'cat', tail: 1 } }, ['/pet/tail unknown-field']],
  [{ name: 'ada', pet: 'cat' }, ['/pet nested-validation']],
  [{ name: 'ada', admin: true }, ['/admin unknown-field']],
  [{ name: 'ada', 'a/b~c': 1, '': 2 }, ['/a~1b~0c unknown-field', '/ unknown-field']],
  [{ name: 'ada', constructor: { name: 'Bare' } }, ['/constructor unknown-field']],
  [{ name: 'ada', toString: 1, hasOwnProperty: 1 }, ['/toString unknown-field', '/hasOwnProperty unknown-field']],
  [{ name: 1, age: 'x' }, ['/name is-string', '/age is-int']],
  [[], [' is-object']],
  [[{ name: 'ada' }], [' is-object']],
  [null, [' is-object']],
  [undefined, [' is-object']],
  ['ada', [' is-object']],
  [7, [' is-object']],
  [true, [' is-object']],
])('%j breaks %j', async (value, expected) => {
  expect(await rules(value)).toEqual(expected);
});

test('neither a value nor a long name comes back', async () => {
  const faults = JSON.stringify(
    await faultsOf({ name: 'HIDDEN hidden hidden', motto: 7_311, ['HIDDEN'.repeat(20)]: 'HIDDEN' }),
  );
  expect(faults).not.toMatch(/hidden|7311/i);
});

test('thousands of faults are told by twenty', async () => {
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`field${i}`, i]));
  expect(await faultsOf(many)).toHaveLength(20);
});

test('a class without rules has no fields', async () => {
  expect(await faultsOf({ anything: 1 }, Bare)).toEqual([
    { pointer: '/anything', code: 'unknown-field', detail: 'there is no such field' },
  ]);
  expect(await body({}, Bare)).toBeInstanceOf(Bare);
});

test('a body that is declared by no class is a mistake of ours, never accepted unseen', async () => {
  await expect(pipe.transform({}, { type: 'body', metatype: Object })).rejects.toThrow(TypeError);
  await expect(pipe.transform({}, { type: 'body' })).rejects.toThrow(TypeError);
});

test('parameters of other kinds pass as they are', async () => {
  expect(await pipe.transform('x', { type: 'param', metatype: String })).toBe('x');
  const credentials = { email: 'a', password: 'b' };
  expect(await pipe.transform(credentials, { type: 'custom', metatype: PersonDto })).toBe(credentials);
});

test('any JSON is either accepted or answered with faults', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), async (value) => {
      const faults = await faultsOf(value);
      expect(faults.every(({ pointer }) => pointer === '' || pointer.startsWith('/'))).toBe(true);
    }),
    { numRuns: 200 },
  );
  const shaped = fc.record(
    { name: fc.anything(), motto: fc.string({ unit: 'binary' }), age: fc.anything(), pet: fc.object() },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(shaped, async (value) => {
      await faultsOf(value);
    }),
    { numRuns: 200 },
  );
});

test('a name that is no well-formed text is not told again', async () => {
  expect(await faultsOf({ name: 'ada', '\ud800': 1 })).toEqual([
    { pointer: '', code: 'unknown-field', detail: 'there is no such field' },
  ]);
});

test('no body is as good as an empty one, where no field is needed', async () => {
  class OptionalDto {
    @IsOptional()
    @IsString()
    motto?: string | null;
  }
  expect(await body(undefined, OptionalDto)).toEqual(new OptionalDto());
  expect(await body(undefined, Bare)).toBeInstanceOf(Bare);
  expect(await faultsOf(null, OptionalDto)).toMatchObject([{ code: 'is-object' }]);
});
