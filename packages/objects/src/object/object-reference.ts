import { z } from 'zod';

import { type ObjectReference } from '../proxy.js';
import { isObjectDefinition, type ObjectDefinition, type SignaturesOf } from './definition.js';

type ReferenceTo<D extends ObjectDefinition> = ObjectReference<SignaturesOf<D>>;

/**
 * The schema of an object that a method hands out: `run` gives what `defineObject` made, and the caller gets an object
 * whose methods it can call, also before the call that gives it has returned.
 */
export function objectOf<D extends ObjectDefinition>(): z.ZodType<ReferenceTo<D>, D> {
  // The types are those of the two ends: what the method gives, and what that is for its caller.
  return handedOut as unknown as z.ZodType<ReferenceTo<D>, D>;
}

/** The schema of an argument that takes an object back which a method of the same server handed out to the caller. */
export function ownObject<D extends ObjectDefinition>(): z.ZodType<D, ReferenceTo<D>> {
  return handedOut as unknown as z.ZodType<D, ReferenceTo<D>>;
}

const handedOut = z
  .custom<ObjectDefinition>(isObjectDefinition, 'must be an object that this server handed out')
  .meta({ object: true });
