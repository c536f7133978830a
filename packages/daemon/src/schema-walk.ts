import { z } from 'zod';

import { coercionOf } from '@patchbay/objects';

type Schema = z.core.$ZodType;

/** Gives the keys that a schema knows at a path; none where it takes any. */
export function knownKeys(schema: Schema, path: readonly PropertyKey[]): string[] {
  return schemasAt(schema, path).flatMap((each) => (isObject(each) ? Object.keys(each._zod.def.shape) : []));
}

/**
 * Reads the text of a flag or variable as the schema at its path wants it: `true`, `7`, `20GiB`. What does not
 * look so stays a text, for the schema to refuse.
 */
export function readText(schema: Schema, path: readonly PropertyKey[], text: string): unknown {
  return coerce(schemasAt(schema, path), text, () => true);
}

/** Reads the sizes and durations of a file, `20GiB` and `30s`, as the numbers that the schema counts them in. */
export function readUnits(schema: Schema, value: unknown, path: readonly PropertyKey[] = []): unknown {
  if (typeof value === 'string') {
    return coerce(schemasAt(schema, path), value, (json) => json.unit !== undefined);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => readUnits(schema, item, [...path, index]));
  }
  if (typeof value === 'object' && value !== null) {
    const read = Object.entries(value).map(
      ([key, item]) => [key, readUnits(schema, item, [...path, key])] as const,
    );
    return Object.fromEntries(read);
  }
  return value;
}

function coerce(
  schemas: readonly Schema[],
  text: string,
  applies: (json: z.core.JSONSchema.JSONSchema) => boolean,
): unknown {
  for (const schema of schemas) {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    const coercion = coercionOf(json);
    const value = applies(json) && 'read' in coercion ? coercion.read(text) : undefined;
    if (value !== undefined) {
      return value;
    }
  }
  return text;
}

/** Finds what a path leads to: one schema, or where there are unions each that it may be. */
function schemasAt(schema: Schema, [step, ...rest]: readonly PropertyKey[]): Schema[] {
  const here = alternatives(schema);
  return step === undefined
    ? here
    : here.flatMap((each) => below(each, step).flatMap((next) => schemasAt(next, rest)));
}

function below(schema: Schema, step: PropertyKey): Schema[] {
  const { def } = schema._zod;
  if (isObject(schema)) {
    const { shape } = schema._zod.def;
    const child = typeof step === 'string' && Object.hasOwn(shape, step) ? shape[step] : undefined;
    return child === undefined ? [] : [child];
  }
  if (def.type === 'array' && typeof step === 'number') {
    return [(def as z.core.$ZodArrayDef).element];
  }
  return def.type === 'record' ? [(def as z.core.$ZodRecordDef).valueType] : [];
}

/** Takes defaults, options and the like off a schema, and a union apart. */
function alternatives(schema: Schema): Schema[] {
  const def = schema._zod.def as {
    readonly innerType?: Schema;
    readonly in?: Schema;
    readonly options?: readonly Schema[];
  };
  const inner = def.innerType ?? def.in;
  if (inner !== undefined) {
    return alternatives(inner);
  }
  return def.options === undefined ? [schema] : def.options.flatMap((option) => alternatives(option));
}

function isObject(schema: Schema): schema is z.core.$ZodObject {
  return schema._zod.def.type === 'object';
}
