import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate, ValidationTypes, type ValidationError } from 'class-validator';

import { Problem, type FieldFault } from '#platform/problems/problem';

type Class = new () => object;

/** More faults than these tell nobody anything, and an answer must not be many times the size of its request. */
const MOST_FAULTS = 20;
const LONGEST_NAME = 64;
const OPTIONS = { whitelist: true, forbidNonWhitelisted: true, validationError: { target: false, value: false } };

/** What Nest sees of a parameter that is declared by a plain type or an interface: there are no rules to check. */
const NO_DTO: ReadonlySet<unknown> = new Set([undefined, String, Number, Boolean, Array, Object]);

/**
 * Makes a body an instance of its DTO and checks it by the decorators of the class. A field that the class does not
 * declare is a fault like any other. The answer names fields and rules, and never repeats a value.
 */
@Injectable()
export class BodyPipe implements PipeTransform {
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if (type === 'custom') return value;
    if (!isDto(metatype)) {
      if (type === 'body') throw new TypeError('the body of a route must be declared by a DTO class');
      return value;
    }
    if (value === undefined) return emptyOf(metatype);
    if (!isObject(value)) throw notAnObject();
    const { fields, nests } = shapeOf(metatype);
    const known = Object.fromEntries(Object.entries(value).filter(([name]) => fields.has(name)));
    // Walking a flat body for classes of its parts would cost more than all its rules.
    const instance = nests ? plainToInstance(metatype, known) : Object.assign(new metatype(), known);
    const errors = fields.size === 0 ? [] : await validate(instance, OPTIONS);
    const faults = [...unknownFields(value, fields), ...errors.flatMap((error) => faultsOf(error, ''))];
    if (faults.length > 0) throw invalid(faults);
    return instance;
  }
}

/** Refuses a body of a route that takes none, unless it is an empty object. */
export function refuseFields(body: unknown): void {
  if (!isObject(body)) throw notAnObject();
  const faults = unknownFields(body, new Set());
  if (faults.length > 0) throw invalid(faults);
}

/** No body is as good as an empty object, where that is enough. */
async function emptyOf(metatype: Class): Promise<object> {
  const instance = new metatype();
  const isEnough = shapeOf(metatype).fields.size === 0 || (await validate(instance, OPTIONS)).length === 0;
  if (!isEnough) throw notAnObject();
  return instance;
}

function isDto(metatype: ArgumentMetadata['metatype']): metatype is Class {
  return !NO_DTO.has(metatype);
}

/** What a DTO class declares, and whether a part of it is a DTO again. */
interface Shape {
  readonly fields: ReadonlySet<string>;
  readonly nests: boolean;
}

const SHAPES = new WeakMap<object, Shape>();

function shapeOf(metatype: Class): Shape {
  const found = SHAPES.get(metatype);
  if (found) return found;
  const rules = getMetadataStorage().getTargetValidationMetadatas(metatype, '', false, false);
  const fields = new Set(rules.map((rule) => rule.propertyName));
  const shape = { fields, nests: rules.some(({ type }) => type === ValidationTypes.NESTED_VALIDATION) };
  SHAPES.set(metatype, shape);
  return shape;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownFields(value: object, fields: ReadonlySet<string>): readonly FieldFault[] {
  const names = Object.keys(value).filter((name) => !fields.has(name));
  return names.slice(0, MOST_FAULTS).map((name) => ({
    pointer: name.length > LONGEST_NAME || !name.isWellFormed() ? '' : pointerTo('', name),
    code: 'unknown-field',
    detail: 'there is no such field',
  }));
}

function faultsOf(
  { property, constraints = {}, children = [] }: ValidationError,
  parent: string,
): readonly FieldFault[] {
  const pointer = pointerTo(parent, property);
  // Decorators run bottom up, so the last rule is the one that stands first in the class: the most basic one.
  const rule = Object.entries(constraints).at(-1);
  const own = rule === undefined ? [] : [{ pointer, code: codeOf(rule[0]), detail: rule[1] }];
  return [...own, ...children.flatMap((child) => faultsOf(child, pointer))];
}

function codeOf(rule: string): string {
  return rule === 'whitelistValidation'
    ? 'unknown-field'
    : rule.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** RFC 6901, 3 and 4. */
function pointerTo(parent: string, name: string): string {
  return `${parent}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function notAnObject(): Problem {
  return invalid([{ pointer: '', code: 'is-object', detail: 'the body must be a JSON object' }]);
}

function invalid(faults: readonly FieldFault[]): Problem {
  return new Problem('validation-failed', { errors: faults.slice(0, MOST_FAULTS) });
}
