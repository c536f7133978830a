import { createHash } from 'node:crypto';

import { type Metadata } from '@patchbay/objects';

import { afterShares } from './name-record.js';

/** What all keys of the index begin with. Nobody watches them. */
export const indexPrefix = 'meta/';

/** A condition on metadata: that a word is there, with this value or any. */
export interface MetadataCondition {
  readonly word: string;
  readonly value: string | undefined;
}

/**
 * Gives the keys of the store under which a name, or a server's share in one, is found by the words of its metadata:
 * by each word, and by each word with its value.
 */
export function indexKeys(placed: string, metadata: Metadata): readonly string[] {
  return Object.entries(metadata).flatMap(([word, value]) => [
    indexOf({ word, value: undefined }) + placed,
    indexOf({ word, value }) + placed,
  ]);
}

/**
 * Gives the beginning of the keys below which the names stand, in their order, that meet a condition. Words and values
 * are longer than a key may be, so that their digest stands for them. Should two ever have the same one, whoever reads
 * the names' records still sees which of them meet the condition.
 */
export function indexOf({ word, value }: MetadataCondition): string {
  const text = JSON.stringify(value === undefined ? [word] : [word, value]);
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  return `${indexPrefix}${digest}/`;
}

/** Gives the key below an index after which the names that follow a name begin. */
export function afterInIndex(index: string, name: string): string {
  return index + afterShares(name);
}
