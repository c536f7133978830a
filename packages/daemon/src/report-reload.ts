import { type Log, type LogFields } from '@patchbay/objects';

import { type KeyChange } from './changed-keys.js';

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
