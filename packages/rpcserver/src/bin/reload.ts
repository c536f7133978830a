import { isDeepStrictEqual } from 'node:util';

import type { CallLog } from '@patchbay/calls';
import { changedKeys, type DaemonLog, locateErrors, reportReload } from '@patchbay/daemon';
import { isRpcError } from '@patchbay/objects';

import { loadObject } from '../load-object.js';
import type { RpcServer } from '../rpc-server.js';
import type { MakeObject } from '../server-options.js';
import type { RpcServerConfiguration } from './configuration.js';
import {
  baseDirOf,
  checkReferences,
  type ConfigurationSource,
  objectOptions,
  readConfiguration,
} from './read-configuration.js';

/**
 * Applies a changed configuration file to the running server: log levels, limits, and objects that were added or
 * removed. Other changes are reported as needing a restart. An invalid file changes nothing. Returns the configuration
 * that is in effect afterwards.
 *
 * @throws RpcError `CONFIG_INVALID`, or an AggregateError with an RpcError for each problem
 */
export async function reload(
  { server, calls }: { readonly server: RpcServer; readonly calls: CallLog },
  source: ConfigurationSource,
  before: RpcServerConfiguration,
  log: DaemonLog,
): Promise<RpcServerConfiguration> {
  const { file, flags } = source;
  const next = readConfiguration(file, flags);
  await checkReferences(source, next);
  server.reloadTls();
  const { added, removed, kept, limited, stale } = compareObjects(before.objects, next.objects);
  const baseDir = baseDirOf(file);
  const { shared, maxConcurrent, limits, keepalive } = objectOptions(
    { ...next, objects: [...limited, ...added] },
    baseDir,
  );
  const add = added.map((entry): [string, MakeObject] => [
    entry.name,
    async (context) => {
      try {
        return await loadObject(entry, baseDir, context);
      } catch (error) {
        const path = ['objects', next.objects.indexOf(entry), 'options'];
        throw isRpcError(error) ? new AggregateError(locateErrors(file, path, error)) : error;
      }
    },
  ]);
  await server.change({
    add: Object.fromEntries(add),
    shared,
    remove: namesOf(removed),
    maxConcurrent,
    limits,
    keepalive,
  });
  log.reload(next.log);
  calls.change(next.calls);
  const now = {
    ...before,
    limits: next.limits,
    keepalive: next.keepalive,
    calls: next.calls,
    log: { ...before.log, level: next.log.level, levels: next.log.levels },
    objects: [...kept, ...added],
  };
  reportReload(log, {
    changed: changedKeys({ ...before, objects: [] }, { ...now, objects: [] }),
    needRestart: [
      ...changedKeys(now, { ...next, objects: now.objects }).map(({ key }) => key),
      ...namesOf(stale).map((name) => `object ${name}`),
    ],
    ...(added.length > 0 && { objectsAdded: namesOf(added) }),
    ...(removed.length > 0 && { objectsRemoved: namesOf(removed) }),
    ...(limited.length > 0 && { objectsLimited: namesOf(limited) }),
  });
  return now;
}

type Entries = RpcServerConfiguration['objects'];

/**
 * Compares the objects of two configurations by name: `kept` are those in both, as they were created, each with its new
 * limit; `limited` are those of them whose limit changed, and `stale` those whose module, options or sharing changed,
 * which only a restart creates anew.
 */
function compareObjects(
  before: Entries,
  after: Entries,
): Record<'added' | 'removed' | 'kept' | 'limited' | 'stale', Entries> {
  const pairs = after.flatMap((now) => {
    const was = before.find(({ name }) => name === now.name);
    return was === undefined ? [] : [{ was, kept: { ...was, maxConcurrent: now.maxConcurrent }, now }];
  });
  return {
    added: after.filter(({ name }) => !namesOf(before).includes(name)),
    removed: before.filter(({ name }) => !namesOf(after).includes(name)),
    kept: pairs.map(({ kept }) => kept),
    limited: pairs.filter(({ was, now }) => was.maxConcurrent !== now.maxConcurrent).map(({ kept }) => kept),
    stale: pairs
      .filter(({ kept, now }) => !isDeepStrictEqual(kept, { ...now, maxConcurrent: kept.maxConcurrent }))
      .map(({ now }) => now),
  };
}

function namesOf(entries: Entries): string[] {
  return entries.map(({ name }) => name);
}
