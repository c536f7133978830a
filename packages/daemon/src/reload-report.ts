import { isDeepStrictEqual } from 'node:util';

import type { Log, LogFields } from '@patchbay/objects';

import { type KeyPath, keyText } from './key-path.js';
import { isRecord } from './yaml-file.js';

/** A key of a configuration whose value changed. */
export interface KeyChange {
  /** As in the reference: `limits.maxCalls`. */
  readonly key: string;
  /** Undefined if the key was absent. */
  readonly from: unknown;
  readonly to: unknown;
}

/** Lists the keys in which two configurations differ; a list that differs anywhere counts as one change. */
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

/** The result of reloading a configuration. */
export interface ReloadReport extends LogFields {
  /** What came into effect. */
  readonly changed: readonly KeyChange[];
  /** What changed and is not in effect: keys, and other items by name. */
  readonly needRestart: readonly string[];
}

/** Logs what a reload changed, and what needs a restart. */
export function reportReload(log: Log, { changed, needRestart, ...others }: ReloadReport): void {
  log.info('reloaded the configuration', {
    changed: changed.map(({ key, from, to }) => `${key}: ${valueText(from)} -> ${valueText(to)}`),
    ...others,
  });
  if (needRestart.length > 0) {
    log.warn('configuration changes need a restart; the old values stay in effect until then', {
      keys: needRestart,
    });
  }
}

function valueText(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
