import { z } from 'zod';

/**
 * Marks the values of a schema as secret, as passwords and keys are: `Describe` says so, call logs mask them, errors do
 * not repeat them, and a command takes them from standard input or asks for them.
 */
export function secret<S extends z.ZodType>(schema: S): S {
  return schema.meta({ secret: true });
}

/** What stands for a secret in logs. */
export const masked = '***';

/** Where in the values of a schema secrets may be. Whatever one alternative of a union keeps secret is. */
interface Places {
  isSecret: boolean;
  readonly fields: Map<string, Places>;
  /** The values of other keys, and elements. */
  others: Places | undefined;
  items: readonly Places[];
  /** The alternatives, or what it wraps. */
  also: readonly Places[];
}

/** The secrets in the values of a schema. */
export class Secrets {
  readonly #root: readonly Places[];

  private constructor(root: Places) {
    this.#root = withAlternatives([root]);
  }

  /** Returns the secrets of a schema; undefined if it has none. */
  static of(schema: z.ZodType): Secrets | undefined {
    const root = placesOf(schema, new Map());
    return holdsSecret([root]) ? new Secrets(root) : undefined;
  }

  /** Whether the whole value is secret. */
  get isWhole(): boolean {
    return this.#root.some(({ isSecret }) => isSecret);
  }

  /** Returns a copy of a value with its secrets masked, be it valid or not. What is absent stays so. */
  mask(value: unknown): unknown {
    return maskAt(value, this.#root);
  }

  /** Reports whether what is at a path is a secret, is within one, or has one within it. */
  touches(path: readonly PropertyKey[]): boolean {
    let places = this.#root;
    for (const key of path) {
      if (places.some(({ isSecret }) => isSecret)) {
        return true;
      }
      places = placesIn(places, String(key));
    }
    return holdsSecret(places);
  }
}

function maskAt(value: unknown, places: readonly Places[]): unknown {
  if (value === undefined || value === null || places.length === 0) {
    return value;
  }
  if (places.some(({ isSecret }) => isSecret)) {
    return masked;
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => maskAt(item, placesIn(places, String(index))));
  }
  return isPlain(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, member]) => [key, maskAt(member, placesIn(places, key))]),
      )
    : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function placesIn(places: readonly Places[], key: string): readonly Places[] {
  const index = /^\d+$/.test(key) ? Number(key) : -1;
  const inner = places.map(({ fields, items, others }) => fields.get(key) ?? items[index] ?? others);
  return withAlternatives(inner.filter((each) => each !== undefined));
}

/** Returns places and all their alternatives, recursive ones once. */
function withAlternatives(places: readonly Places[]): readonly Places[] {
  const all = new Set(places);
  for (const { also } of all) {
    also.forEach((each) => all.add(each));
  }
  return [...all];
}

function holdsSecret(places: readonly Places[]): boolean {
  const all = new Set(places);
  for (const { isSecret, fields, items, others, also } of all) {
    if (isSecret) {
      return true;
    }
    for (const inner of [...fields.values(), ...items, ...also, ...(others === undefined ? [] : [others])]) {
      all.add(inner);
    }
  }
  return false;
}

function placesOf(given: z.core.$ZodType, known: Map<z.core.$ZodType, Places>): Places {
  const before = known.get(given);
  if (before !== undefined) {
    return before;
  }
  const isSecret = z.globalRegistry.get(given as z.ZodType)?.secret === true;
  const places: Places = { isSecret, fields: new Map(), others: undefined, items: [], also: [] };
  known.set(given, places);
  if (isSecret) {
    return places;
  }
  const inner = (schema: z.core.$ZodType): Places => placesOf(schema, known);
  const { def } = (given as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      for (const [key, member] of Object.entries(def.shape)) {
        places.fields.set(key, inner(member));
      }
      places.others = def.catchall && inner(def.catchall);
      break;
    case 'array':
      places.others = inner(def.element);
      break;
    case 'tuple':
      places.items = def.items.map(inner);
      places.others = def.rest ? inner(def.rest) : undefined;
      break;
    case 'record':
      places.others = inner(def.valueType);
      places.isSecret = inner(def.keyType).isSecret;
      break;
    case 'union':
      places.also = def.options.map(inner);
      break;
    case 'intersection':
      places.also = [inner(def.left), inner(def.right)];
      break;
    case 'pipe':
      places.also = [inner(def.in), inner(def.out)];
      break;
    case 'success':
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      places.also = [inner(def.innerType)];
      break;
    case 'lazy':
      places.also = [inner(def.getter())];
      break;
    default:
      break;
  }
  return places;
}
