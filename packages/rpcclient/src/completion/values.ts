import { type JsonSchema, type ObjectDescription, valuesOf } from '@patchbay/objects';

import { candidatesOf, type Completion, fitting } from './candidate.js';
import { type Sources } from './sources.js';

/** Whose values are sought. */
export interface Place {
  readonly schema: JsonSchema;
  /** The object that the method is of; undefined for a verb of the command. */
  readonly object: ObjectDescription | undefined;
  /** Finds the word that the call has for another argument. */
  readonly wordOf: (argument: string) => string | undefined;
}

/** Completes a value: one of a choice, or one that the object offers; anything where neither is known. */
export async function completeValue(
  { schema, object, wordOf }: Place,
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
  const args = (from.with ?? []).map(wordOf).filter((word) => word !== undefined);
  const values = await sources.values(object, from, args);
  return { candidates: fitting(candidatesOf(values), current), anything: false };
}

/** Gives the words that a schema allows where it allows only some; the items' for a list. */
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
