import { type ListOptions, type Metadata, type NameRecord, quoted } from '@patchbay/objects';

import { nameServerError } from './errors.js';
import type { MetadataCondition } from './metadata-index.js';
import { globPattern, regexPattern } from './pattern.js';

/** How many conditions on metadata a query may have: as many as a name may have keys. */
const maxConditions = 64;

/** Which names are wanted. */
export interface NameQuery {
  /** The prefix of every wanted name; undefined where none can be wanted. */
  readonly prefix: string | undefined;
  /** Whether a wanted name has more than the prefix. */
  readonly narrows: boolean;
  /**
   * Ways to find the wanted names by their metadata: every wanted name meets at least one condition of each. None where
   * metadata are not asked for.
   */
  readonly accessPaths: readonly (readonly MetadataCondition[])[];
  /** Reports whether a name with the prefix is wanted. */
  wants(record: NameRecord): boolean;
}

/** Reads which names are wanted. @throws RpcError `PATTERN_INVALID` */
export function nameQuery({ prefix = '', glob, regex, meta = [], anyMeta = [] }: ListOptions): NameQuery {
  const patterns = [
    ...(glob === undefined ? [] : [globPattern(glob)]),
    ...(regex === undefined ? [] : [regexPattern(regex)]),
  ];
  const all = conditions(meta);
  const any = conditions(anyMeta);
  return {
    prefix: longestPrefix([prefix, ...patterns.map((pattern) => pattern.prefix)]),
    narrows: patterns.length + all.length + any.length > 0,
    accessPaths: [...all.map((each) => [each]), ...(any.length === 0 ? [] : [any])],
    wants: ({ name, metadata }) =>
      name.startsWith(prefix) &&
      patterns.every((pattern) => pattern.matches(name)) &&
      all.every((each) => holds(each, metadata)) &&
      (any.length === 0 || any.some((each) => holds(each, metadata))),
  };
}

/** Returns the prefix of the names that have all of these prefixes; undefined where no name can. */
function longestPrefix(prefixes: readonly string[]): string | undefined {
  const longest = prefixes.reduce((a, b) => (b.length > a.length ? b : a));
  return prefixes.every((each) => longest.startsWith(each)) ? longest : undefined;
}

function holds({ key, value }: MetadataCondition, metadata: Metadata): boolean {
  return Object.hasOwn(metadata, key) && (value === undefined || metadata[key] === value);
}

function conditions(texts: readonly string[]): readonly MetadataCondition[] {
  if (texts.length > maxConditions) {
    const count = String(texts.length);
    throw nameServerError(
      'PATTERN_INVALID',
      `${count} conditions on metadata; give at most ${String(maxConditions)}`,
    );
  }
  return texts.map(condition);
}

/** Reads `KEY=VALUE`, or `KEY` for any value. */
function condition(text: string): MetadataCondition {
  const equals = text.indexOf('=');
  const key = equals === -1 ? text : text.slice(0, equals);
  if (key === '') {
    throw nameServerError(
      'PATTERN_INVALID',
      `metadata ${quoted(text)}: write KEY=VALUE, or KEY for any value`,
      { details: { pattern: text } },
    );
  }
  return { key, value: equals === -1 ? undefined : text.slice(equals + 1) };
}
