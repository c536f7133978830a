import { types } from 'node:util';
import { z } from 'zod';

import type { MethodDefinition } from './definition.js';
import { handleOf, outputSide, partsOf, type SchemaPart, type Side, type Use } from './schema-parts.js';

/** What to use in place of the types whose values JSON does not have. */
const adviceFor: Readonly<Record<string, string>> = {
  bigint: 'use z.int(), or a z.codec of z.string()',
  date: 'use timestampSchema(), or a z.codec that makes a Date of it',
  file: 'use byteStream()',
  function: 'use callback()',
  map: 'use z.record(), or a z.codec of it',
  nan: 'use z.number().nullable()',
  set: 'use z.array(), or a z.codec of it',
  symbol: 'use z.enum()',
};

/** The classes whose instances arrive as such. */
const carriedClasses: ReadonlySet<unknown> = new Set([Uint8Array, Buffer, Object, Array]);

/**
 * Checks that the values of a method's schemas can be carried, and that its schemas are synchronous, as far as a schema
 * shows it.
 *
 * @param title the method in messages, such as `method provision`
 * @throws TypeError which names the argument, option or result, and the place within it
 */
export function checkSchemas(title: string, definition: MethodDefinition): void {
  for (const { name, schema } of definition.args) {
    checkParameter(`${title}: argument "${name}"`, schema);
  }
  for (const [name, schema] of Object.entries(definition.options)) {
    checkParameter(`${title}: option "${name}"`, schema);
  }
  checkSchema(`${title}: the result`, definition.returns, 'output');
  if (definition.yields !== undefined) {
    checkSchema(`${title}: an item`, definition.yields, 'output');
  }
}

function checkParameter(place: string, schema: z.ZodType): void {
  checkSchema(place, schema, 'argument');
  try {
    // What the definition tries too: whether it may be omitted, and is mistaken for options.
    for (const value of [undefined, null, {}]) {
      schema.safeParse(value);
    }
  } catch (error) {
    throw error instanceof z.core.$ZodAsyncError ? new TypeError(`${place} ${asynchronous}`) : error;
  }
}

function checkSchema(place: string, schema: z.core.$ZodType, use: Use): void {
  requireZod(place, schema);
  const side = use === 'output' ? outputSide(schema) : 'input';
  for (const part of partsOf(schema, side)) {
    const at = part.path === '' ? place : `${place}, at ${part.path.replace(/^\./, '')}`;
    const problem = problemOf(part, side, use);
    if (problem !== undefined) {
      throw new TypeError(`${at} ${problem}`);
    }
    for (const [label, inner, innerUse] of handleOf(part.schema)?.parts ?? []) {
      checkSchema(`${at}, ${label}`, inner, innerUse);
    }
  }
}

/** Checks that a schema is one of zod 4. @throws TypeError */
export function requireZod(place: string, schema: unknown): void {
  const given = schema as
    { readonly _zod?: { readonly traits: ReadonlySet<string> }; readonly _def?: unknown } | null | undefined;
  if (given?._zod?.traits.has('ZodType') !== true) {
    const other = given?._def === undefined ? undefined : 'of zod 3';
    const kind = given?._zod === undefined ? other : 'of zod/mini';
    const what = kind === undefined ? 'has no schema' : `has a schema ${kind}`;
    throw new TypeError(`${place} ${what}; make it with the z of zod 4 that @patchbay/rpcserver exports`);
  }
}

const asynchronous = 'is checked asynchronously, which is not supported; await in run instead';

function problemOf(part: SchemaPart, side: Side, use: Use): string | undefined {
  const { schema, travels } = part;
  if (isAsynchronous(schema)) {
    return asynchronous;
  }
  const handle = handleOf(schema);
  if (handle !== undefined && use !== 'argument') {
    return `is a ${handle.kind}, which only an argument can be`;
  }
  const type = travels ? uncarriedType(schema, side) : undefined;
  if (type !== undefined) {
    return `is ${type}, which cannot be carried; ${adviceFor[schema._zod.def.type] ?? 'use a z.codec of values of JSON'}`;
  }
  // A result with a codec is encoded, and what goes one way only cannot be.
  return use === 'output' && side === 'input' && isOneWay(schema)
    ? `has a z.${schema._zod.def.type}() beside a z.codec, and a result with a codec is encoded; use a codec for both`
    : undefined;
}

function isAsynchronous(schema: SchemaPart['schema']): boolean {
  const { def } = schema._zod;
  const checks = def.checks?.flatMap((each) => {
    const internals = each._zod as { readonly check: unknown; readonly def: { readonly fn?: unknown } };
    return [internals.check, internals.def.fn];
  });
  const { fn, transform, reverseTransform } = def as unknown as Readonly<Record<string, unknown>>;
  return (
    def.type === 'promise' ||
    [fn, transform, reverseTransform, ...(checks ?? [])].some((each) => types.isAsyncFunction(each))
  );
}

function isOneWay({ _zod: { def } }: SchemaPart['schema']): boolean {
  return def.type === 'transform' || def.type === 'catch' || def.type === 'success';
}

/** Returns what the values of a schema are if they cannot be carried as such. */
function uncarriedType(schema: SchemaPart['schema'], side: Side): string | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case 'bigint':
    case 'date':
      return side === 'input' && def.coerce === true ? undefined : `z.${def.type}()`;
    case 'file':
    case 'function':
    case 'map':
    case 'nan':
    case 'set':
    case 'symbol':
      return `z.${def.type}()`;
    case 'literal': {
      const other = def.values.find(
        (value) => typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)),
      );
      return other === undefined ? undefined : `the literal ${String(other)}`;
    }
    case 'custom': {
      const instances = classOf(schema);
      return instances === undefined || carriedClasses.has(instances)
        ? undefined
        : `z.instanceof(${instances.name})`;
    }
    default:
      return undefined;
  }
}

/** Returns the class of `z.instanceof`; a schema that `describe` or `meta` cloned does not have it itself. */
function classOf(schema: z.core.$ZodType): { readonly name: string } | undefined {
  for (let each: z.core.$ZodType | undefined = schema; each !== undefined; each = each._zod.parent) {
    if (each._zod.bag.Class !== undefined) {
      return each._zod.bag.Class as { readonly name: string };
    }
  }
  return undefined;
}
