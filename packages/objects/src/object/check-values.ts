import { z } from 'zod';

import { type MethodDefinition, type Methods } from './definition.js';
import { readValuesFrom } from './values.js';

/**
 * Checks that what a method's schemas say of their values leads to a method that can be called for them.
 * @throws TypeError when it does not
 */
export function checkValues(name: string, definition: MethodDefinition, methods: Methods): void {
  const places = [
    ...definition.args.map((each): [string, z.ZodType] => [each.name, each.schema]),
    ...Object.entries(definition.options),
  ];
  for (const [place, schema] of places) {
    const raw = valuesMeta(schema);
    if (raw !== undefined) {
      const wrong = objection(raw, definition, methods);
      if (wrong !== undefined) {
        throw new TypeError(`method ${name}: the values of "${place}" ${wrong}`);
      }
    }
  }
}

function objection(raw: unknown, own: MethodDefinition, methods: Methods): string | undefined {
  const from = readValuesFrom(raw);
  if (from === undefined) {
    return 'must be { method, field or template, with }';
  }
  const source = Object.hasOwn(methods, from.method) ? methods[from.method] : undefined;
  if (source === undefined) {
    return `come from a method that is not there, "${from.method}"`;
  }
  if (!source.idempotent) {
    return `come from "${from.method}", which is not idempotent`;
  }
  const given = from.with ?? [];
  const unknown = given.find((each) => !own.args.some((argument) => argument.name === each));
  if (unknown !== undefined) {
    return `need "${unknown}", which is no argument of the method`;
  }
  const needed = [
    ...source.args.slice(given.length).map(({ schema }) => schema),
    ...Object.values(source.options),
  ];
  return needed.some((schema) => !schema.safeParse(undefined).success) || given.length > source.args.length
    ? `come from "${from.method}", which cannot be called with ${String(given.length)} arguments`
    : undefined;
}

/** Finds what a schema, or what it wraps, says of its values. */
function valuesMeta(schema: z.ZodType): unknown {
  const own = schema.meta()?.values;
  if (own !== undefined) {
    return own;
  }
  return wrapped(schema)
    .map(valuesMeta)
    .find((each) => each !== undefined);
}

function wrapped(schema: z.ZodType): readonly z.ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return [schema.unwrap() as z.ZodType];
  }
  if (schema instanceof z.ZodArray) {
    return [schema.element as z.ZodType];
  }
  return schema instanceof z.ZodUnion ? (schema.options as readonly z.ZodType[]) : [];
}
