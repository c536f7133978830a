import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import {
  type Clock,
  type Log,
  type ObjectContext,
  type ObjectDefinition,
  PeriodicTask,
} from '@patchbay/objects';

import { removeUnfinishedBackups, requestedPrefix } from '../backup/take-backup.js';
import { actorLog } from '../catalog/actor-log.js';
import type { Catalog } from '../catalog/catalog.js';
import { ServiceTime } from '../catalog/service-time.js';
import { EventLog } from '../catalog/event-log.js';
import { answerLocally, type LocalAnswers } from '../catalog/local-requests.js';
import { catalogDirectory, openCatalog } from '../catalog/open-catalog.js';
import { Operations } from '../concurrency/operations.js';
import { FileImageExporter } from '../disks/export/exporter.js';
import { FileImageImporter } from '../disks/import/importer.js';
import { execTool } from '../exec.js';
import { checkStorage } from '../fsck/check-storage.js';
import { StorageMetrics } from '../metrics/metrics.js';
import { Admission } from '../pool/admission.js';
import { Exports } from '../provision/exports.js';
import { Intents } from '../provision/intents.js';
import { Naming } from '../provision/naming.js';
import { Recovery } from '../provision/recovery.js';
import { deleteOldestTrashed } from '../provision/trash.js';
import { daemonsInUse, TargetAllocator } from '../provision/target-allocator.js';
import { TargetClaims } from '../provision/target-claims.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { Scheduler } from '../schedule/scheduler.js';
import { SessionWatch, watchEveryMs } from '../sessions/session-watch.js';
import { daemonsServing } from '../targets/tgt/adopt.js';
import { checkPortals } from '../targets/tgt/check-portals.js';
import { portalsOf, startTgtHosts } from '../targets/tgt/tgt-hosts.js';
import { checkHost, warnOfLoopbackPortal } from './check-host.js';
import { isThere, openPool, raiseGeneration } from './open-pool.js';
import { parseStorageOptions, type StorageOptions } from './options.js';
import { startBoot } from './start-boot.js';
import { defineStorage } from './storage-object.js';
import type { StorageServices } from './storage-services.js';
import { startUpkeep } from './upkeep.js';
import { whenWritable } from './when-writable.js';

/** Where backups are written in the state directory, where the options name no other. */
const backupsOfState = 'backups';

/** How many events `history` and `watch` can look back on at least; older ones are forgotten hourly. */
const rememberedEvents = 10_000;

/**
 * Creates the storage object: opens the catalog and the pool, starts (or takes over) the target daemon, and reconciles.
 * When it fulfils, every disk is exported that can be. While the pool is unavailable it starts nevertheless, and the
 * reconciler tries until the pool is there.
 *
 * @throws RpcError `CONFIG_INVALID`, `CATALOG_DAMAGED`, `POOL_NOT_OURS`, `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, ...
 */
export async function createStorage(options: unknown, context: ObjectContext): Promise<ObjectDefinition> {
  const parsed = parseStorageOptions(options);
  const closers = new Closers();
  try {
    return await assemble(parsed, context, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function assemble(
  options: StorageOptions,
  context: ObjectContext,
  closers: Closers,
): Promise<ObjectDefinition> {
  const { clock, stateDir } = context;
  // Nothing is changed before all of this is known to work: a server that is refused must not have claimed the pool.
  await checkHost(options, { ...context, isServing: false });
  const { catalog, store } = await openCatalog(stateDir, context);
  closers.use(store);
  const events = new EventLog(store, catalog);
  const log = actorLog(context.log, catalog.actors);

  warnOfLoopbackPortal(options, context.listen, log);
  const daemons = Math.max(await daemonsInUse(catalog), await daemonsServing(stateDir));
  await checkPortals(stateDir, portalsOf({ ...options, daemons }));

  const freeSome = (): Promise<boolean> => deleteOldestTrashed(services);
  const pool = await openPool(options, { ...context, log }, catalog, freeSome);
  const serviceTime = new ServiceTime(catalog, clock);
  const naming = new Naming(options.iqnPrefix, await catalog.rememberPrefix(options.iqnPrefix));
  const targets = await startTgtHosts({
    stateDir,
    portal: options.portal,
    targetsPerDaemon: options.targetsPerDaemon,
    daemons,
    exec: execTool,
    clock,
    log,
    onStop: options.onStop,
    foreignAccess: options.foreignAccess,
    owns: (name) => naming.isOurs(name),
  });
  closers.use(targets);

  const metrics = new StorageMetrics();
  const operations = new Operations({
    clock,
    ended: (operation) => {
      metrics.operationEnded(operation);
    },
  });
  const files = { pool: pool.directory, exec: execTool, clock };
  const exports = new Exports(catalog, pool, targets);
  const bootTokens = options.boot?.token ?? false;
  const claims = new TargetClaims(naming, new TargetAllocator(targets), bootTokens);
  const recovery = new Recovery({ catalog, pool, exports, claims, serviceTime, clock });
  const parts = {
    catalog,
    events,
    pool,
    targets,
    exports,
    naming,
    claims,
    admission: new Admission(pool, options.quotas),
    importer: new FileImageImporter({
      ...files,
      sourceDirectories: options.sourceDirectories,
      web: { hosts: options.urlHosts, networks: options.urlNetworks },
      maxImageBytes: options.maxImageBytes,
    }),
    exporter: new FileImageExporter(files),
    operations,
    intents: new Intents(operations, catalog, recovery, freeSome, log),
    backupDirectory: options.backupDirectory ?? join(stateDir, backupsOfState),
    bootTokens,
    trashMs: options.trash,
    serviceTime,
    clock,
    log,
  };
  const reconciler = new Reconciler(
    { ...parts, recovery },
    {
      graceMs: options.graceMs,
      keepOrphansMs: options.keepOrphans,
      foreignAccess: options.foreignAccess,
      ended: (report, durationMs) => {
        metrics.reconciled(report, durationMs);
      },
    },
  );
  const services = { ...parts, reconciler };
  const background: { reconciling?: PeriodicTask } = {};
  // An empty daemon serves nobody until this has rebuilt what it exports.
  const served = targets.onRestart(async (daemon) => {
    await reconciler.rebuildExports(daemon);
    if (background.reconciling !== undefined) {
      metrics.tgtdRestarted();
      void background.reconciling.wake(); // operations that the daemon's death cut short are undone
    }
  });
  // Without its pool nothing can be rebuilt until it comes, but what the catalog knows can be shown.
  if (await isThere(pool)) {
    await served;
  }
  await catalog.actors.run({ method: 'start' }, () => reconciler.run(true));

  closers.add(() => operations.close());
  const local = localRequests(services, stateDir);
  const reconcile = async (): Promise<void> => {
    await catalog.retryWriting();
    await local.start();
    await catalog.actors.run({ method: 'reconciler' }, () => reconciler.run());
    await raiseGeneration(pool);
  };
  const reconciling = repeat(reconcile, () => options.reconcileEveryMs, { clock, log });
  background.reconciling = reconciling;
  closers.use(reconciling);
  const sessions = new SessionWatch(services, {
    onConflict: options.onConflict,
    ended: (policy) => {
      metrics.sessionEnded(policy);
    },
  });
  const watchSessions = (): Promise<void> => catalog.actors.run({ method: 'sessions' }, () => sessions.run());
  closers.use(repeat(watchSessions, () => watchEveryMs, { clock, log }));
  const scheduler = new Scheduler(services);
  const schedule = (signal: AbortSignal): Promise<void> =>
    catalog.actors.run({ method: 'scheduler' }, () => scheduler.run(signal));
  closers.use(repeat(schedule, () => scheduler.pauseMs, { clock, log }));
  closers.use(startUpkeep(() => events.forget(rememberedEvents), log));
  const boot = await startBoot(options, { ...services, metrics });
  if (boot !== undefined) {
    closers.use(boot);
  }
  closers.use(local);
  await local.start();
  return defineStorage(services, () => closers.close());
}

/**
 * Repeats work until it is closed, the first time after a pause; a failure is logged and does not end it.
 *
 * @param pauseMs - returns the milliseconds between the end of one run and the start of the next
 */
export function repeat(
  work: (signal: AbortSignal) => Promise<unknown>,
  pauseMs: () => number,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): PeriodicTask {
  return PeriodicTask.start({
    clock,
    delayMs: pauseMs(),
    run: async (signal) => {
      await work(signal);
      return pauseMs();
    },
    onFailure: (error) => {
      log.error('scheduled work failed', { error });
      return pauseMs();
    },
  });
}

/** Returns what answers the commands on this host. */
export function localAnswers(services: StorageServices, stateDir: string): LocalAnswers {
  return {
    backup: () => backUp(services.catalog, stateDir),
    fsck: async () => Readable.from([JSON.stringify(await checkStorage(services))]),
  };
}

/** Returns what answers commands on this host once the state directory can be written, as a socket there needs. */
function localRequests(
  services: StorageServices,
  stateDir: string,
): AsyncDisposable & { readonly start: () => Promise<void> } {
  let answering: AsyncDisposable | undefined;
  const start = async (): Promise<AsyncDisposable> => {
    await removeUnfinishedBackups(join(stateDir, catalogDirectory));
    // Another directory may be shared with other servers, whose backups may be under way.
    await removeUnfinishedBackups(join(stateDir, backupsOfState));
    return await answerLocally(stateDir, localAnswers(services, stateDir), services.log);
  };
  return {
    start: async () => {
      answering ??= await whenWritable(services.log, start);
    },
    [Symbol.asyncDispose]: async () => {
      await answering?.[Symbol.asyncDispose]();
    },
  };
}

/** Makes a backup that has no name any more, so that nothing of it is left however the reading ends. */
async function backUp(catalog: Catalog, stateDir: string): Promise<Readable> {
  const path = join(stateDir, catalogDirectory, `${requestedPrefix}${randomUUID()}`);
  try {
    await catalog.backUp(path);
    const file = await open(path, 'r');
    return file.createReadStream();
  } finally {
    await rm(path, { force: true });
  }
}

/** What was started, to be ended in the reverse order: each even if another one fails to end. */
export class Closers {
  readonly #closers: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  use(started: AsyncDisposable): void {
    this.add(async () => {
      await started[Symbol.asyncDispose]();
    });
  }

  /** Ends everything, once. @throws what failed, when all have been ended */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) {
      throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'several parts could not be ended');
    }
  }
}
