import { type JsonSchema } from './description.js';

/**
 * Says where the values of an argument or option can be had, for completion and for forms: from another method of the
 * same object, which must be idempotent. A schema carries it: `.meta({ values: { method: 'list_images', field: 'name' } })`.
 */
export interface ValuesFrom {
  /** Gives a list, whose rows hold the values. */
  readonly method: string;
  /** The field of a row that is the value. Without it, and without `template`, the rows are the values. */
  readonly field?: string | undefined;
  /** A value made of several fields of a row, such as `{node}@{name}`. */
  readonly template?: string | undefined;
  /** Which arguments of this method are given to the other one, in its order. Default: none. */
  readonly with?: readonly string[] | undefined;
}

/** Finds where the values of a schema, or of its items or alternatives, can be had; undefined: nowhere. */
export function valuesOf(schema: JsonSchema): ValuesFrom | undefined {
  const within = [schema, schema.items, schema.anyOf, schema.oneOf].flat().filter(isRecord);
  return within.map(({ values }) => readValuesFrom(values)).find((each) => each !== undefined);
}

/** Reads what a schema says of its values; undefined when it is not of the form of `ValuesFrom`. */
export function readValuesFrom(raw: unknown): ValuesFrom | undefined {
  if (!isRecord(raw)) {
    return undefined;
  }
  const { method, field, template, with: given, ...others } = raw;
  const isRight =
    typeof method === 'string' &&
    isTextOrAbsent(field) &&
    isTextOrAbsent(template) &&
    (field === undefined || template === undefined) &&
    (given === undefined || (Array.isArray(given) && given.every((each) => typeof each === 'string'))) &&
    Object.keys(others).length === 0;
  return isRight ? { method, field, template, with: given } : undefined;
}

/** Takes the values out of what the method gave; rows that have none are left out, and so is what is given twice. */
export function valuesIn(rows: unknown, { field, template }: ValuesFrom): string[] {
  const values = (Array.isArray(rows) ? rows : []).map((row: unknown) => {
    if (template !== undefined) {
      return filled(template, row);
    }
    return textOf(field === undefined ? row : fieldOf(row, field));
  });
  return [...new Set(values.filter((each) => each !== undefined))];
}

/** Puts a row's fields into a template; undefined where the row lacks one. */
function filled(template: string, row: unknown): string | undefined {
  const parts = template.split(/\{(\w+)\}/).map((part, index) => {
    return index % 2 === 0 ? part : textOf(fieldOf(row, part)); // every other part is what the braces hold
  });
  return parts.includes(undefined) ? undefined : parts.join('');
}

function fieldOf(row: unknown, field: string): unknown {
  return isRecord(row) && Object.hasOwn(row, field) ? row[field] : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
