import { isDeepStrictEqual } from 'node:util';

import { changedKeys, type DaemonLog, locateErrors, reportReload } from '@patchbay/daemon';
import { isRpcError } from '@patchbay/objects';

import { type MakeObject } from '../open-objects.js';
import { type RpcServer } from '../rpc-server.js';
import { type RpcServerConfiguration } from './configuration.js';
import {
  baseDirOf,
  checkReferences,
  type Flags,
  objectOptions,
  readConfiguration,
} from './read-configuration.js';

/** Where a server's configuration is read from, at the start and on each reload. */
export interface ConfigurationSource {
  readonly file: string;
  readonly flags: Flags;
}

/** Configures a reloader. */
export interface ReloaderOptions {
  readonly server: Pick<RpcServer, 'change'>;
  readonly source: ConfigurationSource;
  /** The configuration that the server was started with. */
  readonly current: RpcServerConfiguration;
  readonly log: DaemonLog;
}

/**
 * Applies a changed configuration file to the running server: log levels, limits, and objects that were added or
 * removed. Other changes are reported as needing a restart. An invalid file changes nothing.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #current: RpcServerConfiguration;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#current = options.current;
  }

  /** @throws RpcError `CONFIG_INVALID`, or an AggregateError with an RpcError for each problem */
  async reload(): Promise<void> {
    const { server, source, log } = this.#options;
    const before = this.#current;
    const next = readConfiguration(source.file, source.flags);
    await checkReferences(source.file, next);
    const { added, removed, kept, limited, stale } = compareObjects(before.objects, next.objects);
    const options = objectOptions(
      { objects: [...limited, ...added], limits: next.limits },
      baseDirOf(source.file),
    );
    await server.change({
      add: this.#withLocations(
        next,
        objectOptions({ objects: added, limits: next.limits }, baseDirOf(source.file)).objects,
      ),
      shared: options.shared,
      remove: removed.map(({ name }) => name),
      maxConcurrent: options.maxConcurrent,
      limits: options.limits,
    });
    log.reload(next.log);
    const now = {
      ...before,
      limits: next.limits,
      log: { ...before.log, level: next.log.level, levels: next.log.levels },
      objects: [...kept, ...added],
    };
    this.#current = now;
    const others = { ...next, objects: now.objects };
    reportReload(log, {
      changed: changedKeys({ ...before, objects: [] }, { ...now, objects: [] }),
      needRestart: [
        ...changedKeys(now, others).map(({ key }) => key),
        ...stale.map(({ name }) => `object ${name}`),
      ],
      ...(added.length > 0 && { objectsAdded: added.map(({ name }) => name) }),
      ...(removed.length > 0 && { objectsRemoved: removed.map(({ name }) => name) }),
      ...(limited.length > 0 && { objectsLimited: limited.map(({ name }) => name) }),
    });
  }

  /** Adds to the errors of creating an object where in the file the object is. */
  #withLocations(
    { objects }: RpcServerConfiguration,
    makers: Readonly<Record<string, MakeObject>>,
  ): Readonly<Record<string, MakeObject>> {
    const { file } = this.#options.source;
    const located = Object.entries(makers).map(([name, make]): [string, MakeObject] => [
      name,
      async (context) => {
        try {
          return await make(context);
        } catch (error) {
          const index = objects.findIndex((each) => each.name === name);
          throw isRpcError(error)
            ? new AggregateError(locateErrors(file, ['objects', index, 'options'], error))
            : error;
        }
      },
    ]);
    return Object.fromEntries(located);
  }
}

type Entries = RpcServerConfiguration['objects'];

/** How the objects of two configurations differ. */
interface ObjectDifferences {
  readonly added: Entries;
  readonly removed: Entries;
  /** Those in both, as they were created, each with its new limit. */
  readonly kept: Entries;
  /** Those in both whose limit changed. */
  readonly limited: Entries;
  /** Those in both whose module, options or sharing changed: only a restart creates them anew. */
  readonly stale: Entries;
}

/** Compares the objects of two configurations by name. */
function compareObjects(before: Entries, after: Entries): ObjectDifferences {
  const pairs = after.flatMap((now) => {
    const was = before.find(({ name }) => name === now.name);
    return was === undefined ? [] : [{ was, now }];
  });
  const kept = pairs.map(({ was, now }) => ({ ...was, maxConcurrent: now.maxConcurrent }));
  return {
    added: after.filter(({ name }) => !before.some((each) => each.name === name)),
    removed: before.filter(({ name }) => !after.some((each) => each.name === name)),
    kept,
    limited: kept.filter((_, index) => pairs[index]?.was.maxConcurrent !== kept[index]?.maxConcurrent),
    stale: pairs.filter(({ was, now }) => !createdAlike(was, now)).map(({ now }) => now),
  };
}

function createdAlike(one: Entries[number], other: Entries[number]): boolean {
  return isDeepStrictEqual({ ...one, maxConcurrent: 0 }, { ...other, maxConcurrent: 0 });
}
