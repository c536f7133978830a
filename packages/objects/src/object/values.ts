import type { JsonSchema } from './description.js';

/**
 * The source of an argument's or option's values, for completion and forms: another method of the same object, which
 * must be idempotent. Attached to a schema: `.meta({ values: { method: 'list_images', field: 'name' } })`.
 */
export interface ValuesFrom {
  /** The method; it returns a list of rows with the values. */
  readonly method: string;
  /** The field of a row with the value. Without `field` and `template`, the rows are the values. */
  readonly field?: string | undefined;
  /** A template of a value made of several fields of a row, such as `{node}@{name}`. */
  readonly template?: string | undefined;
  /** The arguments of this method that are passed to the other one, in its order. Default: none. */
  readonly with?: readonly string[] | undefined;
}

/** Returns the source of the values of a schema, or of its items or alternatives; undefined if there is none. */
export function valuesOf(schema: JsonSchema): ValuesFrom | undefined {
  const within = [schema, schema.items, schema.anyOf, schema.oneOf].flat().filter(isRecord);
  return within.map(({ values }) => readValuesFrom(values)).find((each) => each !== undefined);
}

/** Parses the `values` of a schema; returns undefined if they are not a `ValuesFrom`. */
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

/** Extracts the values from the rows that a method returned, without duplicates and rows that have none. */
export function valuesIn(rows: unknown, { field, template }: ValuesFrom): string[] {
  const values = (Array.isArray(rows) ? rows : []).map((row: unknown) => {
    if (template !== undefined) {
      return fillTemplate(template, row);
    }
    return textOf(field === undefined ? row : fieldOf(row, field));
  });
  return [...new Set(values.filter((each) => each !== undefined))];
}

/** Fills a row's fields into a template; returns undefined if the row lacks one. */
function fillTemplate(template: string, row: unknown): string | undefined {
  const parts = template.split(/\{(\w+)\}/).map((part, index) => {
    return index % 2 === 0 ? part : textOf(fieldOf(row, part)); // every other part is the name of a field
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

/** Reports whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
