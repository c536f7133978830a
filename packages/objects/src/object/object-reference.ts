import { z } from 'zod';

import type { ObjectReference } from '../proxy.js';
import { isObjectDefinition, type ObjectDefinition, type SignaturesOf } from './definition.js';

type ReferenceTo<D extends ObjectDefinition> = ObjectReference<SignaturesOf<D>>;

/**
 * Returns the schema of an object that a method returns: `run` returns what `defineObject` made, and the caller gets a
 * reference whose methods it can call, even before the call that returns it has ended.
 */
export function objectOf<D extends ObjectDefinition>(): z.ZodType<ReferenceTo<D>, D> {
  // The types of the two ends: what the method returns, and what its caller gets.
  return reference as unknown as z.ZodType<ReferenceTo<D>, D>;
}

/** Returns the schema of an argument that takes back an object which a method of the same server returned. */
export function ownObject<D extends ObjectDefinition>(): z.ZodType<D, ReferenceTo<D>> {
  return reference as unknown as z.ZodType<D, ReferenceTo<D>>;
}

const reference = z
  .custom<ObjectDefinition>(isObjectDefinition, 'must be a reference to an object of this server')
  .meta({ object: true });
