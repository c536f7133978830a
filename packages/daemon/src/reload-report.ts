import { isDeepStrictEqual } from 'node:util';

import { type Log, type LogFields } from '@patchbay/objects';

import { type KeyPath, keyText } from './yaml-file.js';

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

/** What a reload made of a configuration. */
export interface ReloadReport extends LogFields {
  /** What is in force now and was not before. */
  readonly changed: readonly KeyChange[];
  /** What has changed and is not in force: keys, and other things by name. */
  readonly needRestart: readonly string[];
}

/** Logs what a reload has put in force, and what it could not. */
export function reportReload(log: Log, { changed, needRestart, ...others }: ReloadReport): void {
  log.info('the configuration is reloaded', {
    changed: changed.map(({ key, from, to }) => `${key}: ${valueText(from)} -> ${valueText(to)}`),
    ...others,
  });
  if (needRestart.length > 0) {
    log.warn('the configuration has changes that need a restart; until then the old values are in force', {
      keys: needRestart,
    });
  }
}

function valueText(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
