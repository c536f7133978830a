import { z } from 'zod';

import type { MethodDefinition, Methods } from './definition.js';
import { readValuesFrom } from './values.js';

/** Checks that the `values` of a method's schemas name a method that can be called for them. @throws TypeError */
export function checkValues(name: string, definition: MethodDefinition, methods: Methods): void {
  const parameters = [
    ...definition.args.map((each): [string, z.ZodType] => [each.name, each.schema]),
    ...Object.entries(definition.options),
  ];
  for (const [parameter, schema] of parameters) {
    const raw = valuesMeta(schema);
    const problem = raw === undefined ? undefined : problemOf(raw, definition, methods);
    if (problem !== undefined) {
      throw new TypeError(`method ${name}: the values of "${parameter}" ${problem}`);
    }
  }
}

function problemOf(raw: unknown, own: MethodDefinition, methods: Methods): string | undefined {
  const from = readValuesFrom(raw);
  if (from === undefined) {
    return 'must be { method, field or template, with }';
  }
  const source = Object.hasOwn(methods, from.method) ? methods[from.method] : undefined;
  if (source === undefined) {
    return `come from an unknown method, "${from.method}"`;
  }
  if (!source.idempotent) {
    return `come from "${from.method}", which is not idempotent`;
  }
  const given = from.with ?? [];
  const unknown = given.find((each) => !own.args.some((argument) => argument.name === each));
  if (unknown !== undefined) {
    return `need "${unknown}", which is not an argument of the method`;
  }
  const needed = [
    ...source.args.slice(given.length).map(({ schema }) => schema),
    ...Object.values(source.options),
  ];
  return needed.some((schema) => !schema.safeParse(undefined).success) || given.length > source.args.length
    ? `come from "${from.method}", which cannot be called with ${String(given.length)} arguments`
    : undefined;
}

/** Returns the `values` of a schema, or of one that it wraps. */
function valuesMeta(schema: z.ZodType): unknown {
  const inner = wrapped(schema).map(valuesMeta);
  return [schema.meta()?.values, ...inner].find((each) => each !== undefined);
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
