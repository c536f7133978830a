import { type z } from 'zod';

type Inner = z.core.$ZodType;

/** Gives the keys that a schema knows at a path below it; none where it takes any. */
export function knownKeys(schema: Inner, path: readonly PropertyKey[]): string[] {
  const [step, ...rest] = path;
  const found = new Set<string>();
  for (const option of alternatives(schema)) {
    const { def } = option._zod;
    if (def.type === 'object') {
      const { shape } = def as z.core.$ZodObjectDef;
      const child = typeof step === 'string' ? shape[step] : undefined;
      addAll(
        found,
        step === undefined ? Object.keys(shape) : child === undefined ? [] : knownKeys(child, rest),
      );
    } else if (def.type === 'array' && typeof step === 'number') {
      addAll(found, knownKeys((def as z.core.$ZodArrayDef).element, rest));
    } else if (def.type === 'record' && step !== undefined) {
      addAll(found, knownKeys((def as z.core.$ZodRecordDef).valueType, rest));
    }
  }
  return [...found];
}

/** Takes defaults, options and the like off a schema, and a union apart. */
function alternatives(schema: Inner): Inner[] {
  const def = schema._zod.def as {
    readonly innerType?: Inner;
    readonly in?: Inner;
    readonly options?: readonly Inner[];
  };
  if (def.innerType !== undefined) {
    return alternatives(def.innerType);
  }
  if (def.in !== undefined) {
    return alternatives(def.in);
  }
  return def.options === undefined ? [schema] : def.options.flatMap((option) => alternatives(option));
}

function addAll(set: Set<string>, items: Iterable<string>): void {
  for (const item of items) {
    set.add(item);
  }
}
