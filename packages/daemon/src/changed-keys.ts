import { isDeepStrictEqual } from 'node:util';

import { keyText } from './key-text.js';
import { type KeyPath } from './yaml-file.js';

/** A key of a configuration whose value is another than it was. */
export interface KeyChange {
  /** As the reference writes it: `limits.maxCalls`. */
  readonly key: string;
  /** Undefined where it was not there. */
  readonly from: unknown;
  readonly to: unknown;
}

/** Tells in which keys two configurations differ; a list that differs anywhere is one change. */
export function changedKeys(from: unknown, to: unknown, path: KeyPath = []): readonly KeyChange[] {
  if (isDeepStrictEqual(from, to)) {
    return [];
  }
  if (!isRecord(from) || !isRecord(to)) {
    return [{ key: keyText(path), from, to }];
  }
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...keys].flatMap((key) => changedKeys(from[key], to[key], [...path, key]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
