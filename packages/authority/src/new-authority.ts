import { renameSync, statSync } from 'node:fs';

import { type Clock, coreError, isRpcError, type Log } from '@patchbay/objects';
import type { Operation, Store } from '@patchbay/store';

import { type ClusterKey, makeClusterKey, readClusterKey } from './cluster-key.js';
import { authorityError } from './errors.js';
import { type RecordChange, Records } from './records.js';
import { nextRootName, planRoot } from './roots.js';

/** What a new authority over an old store needs. */
export interface NewAuthorityOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The file of the cluster key, which is lost, or another cluster's. */
  readonly keyFile: string;
}

/** What became of the store. */
export interface NewAuthority {
  /** Where another key was moved that was in the place of the lost one; undefined where there was none. */
  readonly formerKeyFile: string | undefined;
  /** How many API keys were removed: their secrets were sealed with the lost key. */
  readonly removedKeys: number;
}

/** Where secrets are that were sealed with the lost key, beside those of the roots. */
const sealedPrefix = 'identity/key/';

/** How many records one commit removes. */
const removedTogether = 50;

/**
 * Makes another cluster key and another root where the cluster key was lost. Hosts, users and grants are kept, and all have
 * to join anew. Cut short, it is repeated.
 *
 * @throws RpcError `AUTHORITY_MISSING` where the store has none, `AUTHORITY_EXISTS` where its key is there,
 *   `CLUSTER_KEY_WRONG` where the file cannot be read
 */
export async function makeNewAuthority({
  store,
  clock,
  log,
  keyFile,
}: NewAuthorityOptions): Promise<NewAuthority> {
  const records = await Records.open(store);
  const cluster = records.get('cluster', '');
  if (cluster === undefined) {
    throw coreError(
      'AUTHORITY_MISSING',
      'the store has no authority: run nameserver init without --new-authority',
    );
  }
  const found = readPresentKey(keyFile);
  if (typeof found === 'object' && found.fingerprint === cluster.keyFingerprint) {
    const message = `${keyFile} is the key of the cluster ${cluster.id}: run nameserver start; if others know it, rpcclient identity.rotate_authority --compromised`;
    throw authorityError('AUTHORITY_EXISTS', message, { details: { cluster: cluster.id } });
  }
  let formerKeyFile: string | undefined;
  if (found !== undefined) {
    formerKeyFile = `${keyFile}.${new Date(clock.now()).toISOString().replaceAll(':', '')}`;
    renameSync(keyFile, formerKeyFile);
  }
  const key = makeClusterKey(keyFile);
  const removedKeys = await removeSealed(store);
  await records.change(async () => {
    const name = nextRootName(records);
    const root = await planRoot({ cluster: cluster.id, name, state: 'issuing', key, nowMs: clock.now() });
    const changes: RecordChange[] = [
      { kind: 'cluster', name: '', value: { ...cluster, keyFingerprint: key.fingerprint } },
      root,
      ...records.all('root').map(([each]) => ({ kind: 'root', name: each, value: undefined }) as const),
    ];
    return { changes, result: undefined };
  });
  log.warn('the authority has a new cluster key and a new root; all hosts and users have to join anew', {
    cluster: cluster.id,
    fingerprint: key.fingerprint,
    removedKeys,
  });
  return { formerKeyFile, removedKeys };
}

/** Reads the key that is there; `damaged` for what is none. @throws RpcError `CLUSTER_KEY_WRONG` for one that cannot be read */
function readPresentKey(keyFile: string): ClusterKey | 'damaged' | undefined {
  try {
    return readClusterKey(keyFile);
  } catch (error) {
    const isWhole = statSync(keyFile, { throwIfNoEntry: false })?.size === 32;
    if (isWhole || !isRpcError(error, 'CLUSTER_KEY_WRONG')) {
      throw error; // its mode keeps it from being read
    }
    return 'damaged';
  }
}

async function removeSealed(store: Store): Promise<number> {
  let removed = 0;
  for (let more = true; more;) {
    const page = await store.range({ prefix: sealedPrefix, limit: removedTogether });
    const operations = page.entries.map(({ key }): Operation => ({ delete: key }));
    if (operations.length > 0) {
      await store.commit([], operations);
    }
    removed += operations.length;
    more = page.more;
  }
  return removed;
}
