import { changedKeys, type DaemonLog, locateErrors, reportReload } from '@patchbay/daemon';
import { isRpcError } from '@patchbay/objects';

import { type MakeObject } from '../open-objects.js';
import { type RpcServer } from '../rpc-server.js';
import { compareObjects } from './compare-objects.js';
import { type RpcServerConfiguration } from './configuration.js';
import { hostedBy } from './hosted.js';
import { baseOf, checkParts, type Flags, readConfiguration } from './read-configuration.js';

/** Where a server's configuration comes from: again, when it is reloaded. */
export interface ConfigurationSource {
  readonly file: string;
  readonly flags: Flags;
}

/** What a reloader needs. */
export interface ReloaderOptions {
  readonly server: Pick<RpcServer, 'change'>;
  readonly source: ConfigurationSource;
  /** What the server was started with. */
  readonly inForce: RpcServerConfiguration;
  readonly log: DaemonLog;
}

/**
 * Puts a changed configuration file in force while the server goes on: log levels, limits, objects that are new or
 * gone. What else has changed it says needs a restart. A file that is wrong changes nothing.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #inForce: RpcServerConfiguration;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#inForce = options.inForce;
  }

  /** @throws RpcError, or an AggregateError of several, where the configuration is wrong */
  async reload(): Promise<void> {
    const { server, source, log } = this.#options;
    const before = this.#inForce;
    const next = readConfiguration(source.file, source.flags);
    await checkParts(source.file, next);
    const { added, removed, kept, limited, stale } = compareObjects(before.objects, next.objects);
    const hosted = hostedBy({ objects: [...limited, ...added], limits: next.limits }, baseOf(source.file));
    await server.change({
      add: this.#placing(
        next,
        hostedBy({ objects: added, limits: next.limits }, baseOf(source.file)).objects,
      ),
      shared: hosted.shared,
      remove: removed.map(({ name }) => name),
      maxConcurrent: hosted.maxConcurrent,
      limits: hosted.limits,
    });
    log.reload(next.log);
    const now = {
      ...before,
      limits: next.limits,
      log: { ...before.log, level: next.log.level, levels: next.log.levels },
      objects: [...kept, ...added],
    };
    this.#inForce = now;
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

  /** Has an error of an object's making say where in the file the object stands. */
  #placing(
    { objects }: RpcServerConfiguration,
    makers: Readonly<Record<string, MakeObject>>,
  ): Readonly<Record<string, MakeObject>> {
    const { file } = this.#options.source;
    const placed = Object.entries(makers).map(([name, make]): [string, MakeObject] => [
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
    return Object.fromEntries(placed);
  }
}
