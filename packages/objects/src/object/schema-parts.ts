import type { z } from 'zod';

/** The side of a schema whose values travel: what it accepts, or what it makes of that. */
export type Side = 'input' | 'output';

/** A schema within a schema. */
export interface SchemaPart {
  readonly schema: z.core.$ZodTypes;
  /** Where it is, such as `.rows[].at`. */
  readonly path: string;
  /** Whether its values travel: of what a transform connects, one end does not. */
  readonly travels: boolean;
}

/** Yields a schema and all schemas within it, recursive ones once. */
export function* partsOf(schema: z.core.$ZodType, side: Side): Generator<SchemaPart, void, undefined> {
  const travelling = new Set<unknown>();
  const others = new Set<unknown>();
  const rest: SchemaPart[] = [{ schema: schema as z.core.$ZodTypes, path: '', travels: true }];
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    const visited = part.travels ? travelling : others;
    if (!visited.has(part.schema)) {
      visited.add(part.schema);
      yield part;
      rest.push(...knownChildren(part, side).reverse());
    }
  }
}

/** Returns the side of a result or an item that travels: one with a codec is encoded, any other parsed. */
export function outputSide(schema: z.core.$ZodType): Side {
  for (const part of partsOf(schema, 'output')) {
    if (isCodec(part.schema)) {
      return 'input';
    }
  }
  return 'output';
}

function isCodec(schema: z.core.$ZodType): boolean {
  return schema._zod.traits.has('$ZodCodec');
}

/** Returns the schemas right within one; none if they refer to what is declared further below in their module. */
function knownChildren(part: SchemaPart, side: Side): SchemaPart[] {
  try {
    return childrenOf(part, side);
  } catch (error) {
    if (error instanceof ReferenceError) {
      return [];
    }
    throw error;
  }
}

function childrenOf({ schema, path, travels }: SchemaPart, side: Side): SchemaPart[] {
  const child = (inner: z.core.$ZodType | undefined, suffix = '', goes = true): SchemaPart[] =>
    inner === undefined
      ? []
      : [{ schema: inner as z.core.$ZodTypes, path: path + suffix, travels: travels && goes }];
  const { def } = schema._zod;
  switch (def.type) {
    case 'object':
      return [
        ...Object.entries(def.shape).flatMap(([key, member]) => child(member, `.${key}`)),
        ...child(def.catchall, '.*'),
      ];
    case 'array':
      return child(def.element, '[]');
    case 'tuple':
      return [
        ...def.items.flatMap((item, index) => child(item, `[${String(index)}]`)),
        ...child(def.rest ?? undefined, '[]'),
      ];
    case 'record':
      return [...child(def.keyType, '.* (the key)'), ...child(def.valueType, '.*')];
    case 'union':
      return def.options.flatMap((option) => child(option));
    case 'intersection':
      return [...child(def.left), ...child(def.right)];
    case 'pipe':
      return [...child(def.in, '', side === 'input'), ...child(def.out, '', side === 'output')];
    case 'success':
      return child(def.innerType, '', side === 'input');
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return child(def.innerType);
    case 'lazy':
      return child(def.getter());
    default:
      return [];
  }
}

/** What the values of a schema are: those of arguments travel as inputs, and can also be streams and functions. */
export type Use = 'argument' | 'input' | 'output';

/** A stream or a function among the arguments, and the schemas of what it carries. */
export interface HandleParts {
  readonly kind: 'stream' | 'function';
  readonly parts: readonly (readonly [label: string, schema: z.core.$ZodType, use: Use])[];
}

/** Notes that the values of a schema are streams or functions. Clones do not have the note, such as `meta` makes. */
export function noteHandle<S extends z.core.$ZodType>(schema: S, handle: HandleParts): S {
  schema._zod.bag.handle = handle;
  return schema;
}

export function handleOf(schema: z.core.$ZodType): HandleParts | undefined {
  return schema._zod.bag.handle as HandleParts | undefined;
}
