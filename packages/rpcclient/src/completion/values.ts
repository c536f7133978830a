import { type JsonSchema, type ObjectDescription, valuesOf } from '@patchbay/objects';

import { candidatesOf, type Completion, fitting } from './candidate.js';
import type { Sources } from './sources.js';

/** The argument whose values are completed. */
export interface CompletedArgument {
  readonly schema: JsonSchema;
  /** The object that has the method; undefined for a verb. */
  readonly object: ObjectDescription | undefined;
  /** Returns the value that the command line has for another argument. */
  readonly valueOf: (argument: string) => string | undefined;
}

/** Completes a value: one of a choice, or one that the object lists; anything where neither is known. */
export async function completeValue(
  { schema, object, valueOf }: CompletedArgument,
  current: string,
  sources: Sources,
): Promise<Completion> {
  const choices = choicesOf(schema);
  if (choices.length > 0) {
    return { candidates: fitting(candidatesOf(choices), current), anything: false };
  }
  const from = valuesOf(schema);
  if (from === undefined || object === undefined) {
    return { candidates: [], anything: schema.type === 'string' };
  }
  const args = (from.with ?? []).map(valueOf).filter((value) => value !== undefined);
  const values = await sources.values(object, from, args);
  return { candidates: fitting(candidatesOf(values), current), anything: false };
}

/** Returns the choices of a schema, for a list those of its items; none where any value is allowed. */
function choicesOf(schema: JsonSchema): string[] {
  if (schema.type === 'boolean') {
    return ['true', 'false'];
  }
  const within = [schema, schema.items, schema.anyOf, schema.oneOf].flat();
  return within.filter(isSchema).flatMap((each) => {
    const values: unknown = 'const' in each ? [each.const] : each.enum;
    return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
  });
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
