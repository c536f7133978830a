import { z } from 'zod';

import { coercionOf } from './coercion.js';

type Schema = z.core.$ZodType;

/** Returns the keys that a schema declares at a path; none if it accepts any. */
export function knownKeys(schema: Schema, path: readonly PropertyKey[]): string[] {
  return schemasAt(schema, path).flatMap((each) => (isObject(each) ? Object.keys(each._zod.def.shape) : []));
}

/**
 * Parses the text of a flag or variable as the schema at its path expects: `true`, `7`, `20GiB`. Text that does not
 * parse is returned as it is, for the schema to refuse.
 */
export function readText(schema: Schema, path: readonly PropertyKey[], text: string): unknown {
  return coerce(schemasAt(schema, path), text, () => true);
}

/** Parses the sizes and durations of a file, `20GiB` and `30s`, into numbers in the schema's unit. */
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

/** Finds the schema at a path; at unions, every alternative. */
function schemasAt(schema: Schema, [step, ...rest]: readonly PropertyKey[]): Schema[] {
  const here = alternatives(schema);
  return step === undefined
    ? here
    : here.flatMap((each) => childrenOf(each, step).flatMap((next) => schemasAt(next, rest)));
}

function childrenOf(schema: Schema, step: PropertyKey): Schema[] {
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

/** Unwraps defaults, optionals and the like, and expands a union into its alternatives. */
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
