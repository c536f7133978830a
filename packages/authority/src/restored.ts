import type { RecordOf } from './record-schemas.js';
import { keyOf, type Records } from './records.js';

/**
 * How long a name server that was restored lets no user in, and takes no names of hosts, in milliseconds: servers that follow it are back within 5 s,
 * and hand over what was revoked since.
 */
export const holdMs = 15_000;

/** Whether a token was used or revoked since, nobody knows. */
const tokens = keyOf({ kind: 'token', name: '' });

/** An entry of a store's backup. */
type BackupEntry = readonly [key: string, value: string];

/** Returns what of a backup is restored: no tokens, and a note that it was. @param nowMs since the Unix epoch */
export function restoredEntries(entries: readonly BackupEntry[], nowMs: number): BackupEntry[] {
  const clusterKey = keyOf({ kind: 'cluster', name: '' });
  return entries
    .filter(([key]) => !key.startsWith(`${tokens}/`))
    .map(([key, value]) => {
      const record = JSON.parse(key === clusterKey ? value : '{}') as RecordOf<'cluster'>;
      return key === clusterKey ? [key, JSON.stringify({ ...record, restoredAtMs: nowMs })] : [key, value];
    });
}

/** Removes the note that a store was restored. */
export async function forgetRestore(records: Records): Promise<void> {
  await records.change(() => {
    const cluster = records.get('cluster', '');
    const value = cluster && { ...cluster, restoredAtMs: undefined };
    const isNoted = cluster?.restoredAtMs !== undefined;
    return { changes: isNoted ? [{ kind: 'cluster', name: '', value }] : [], result: undefined };
  });
}
