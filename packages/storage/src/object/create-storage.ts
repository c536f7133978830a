import { join } from 'node:path';

import { isRpcError, type ObjectContext, type ObjectDefinition } from '@patchbay/objects';

import { removeUnfinishedBackups } from '../backup/take-backup.js';
import { actorLog } from '../catalog/actor-log.js';
import { Catalog } from '../catalog/catalog.js';
import { EventLog } from '../catalog/event-log.js';
import { answerLocally } from '../catalog/local-requests.js';
import { catalogDirectory, openCatalogStore } from '../catalog/open-catalog.js';
import { Operations } from '../concurrency/operations.js';
import { type FilePool, openFilePool } from '../disks/file/file-pool.js';
import { FileImageExporter } from '../disks/export/exporter.js';
import { FileImageImporter } from '../disks/import/importer.js';
import { execTool } from '../exec.js';
import { StorageMetrics } from '../metrics/metrics.js';
import { Admission } from '../pool/admission.js';
import { Exports } from '../provision/exports.js';
import { Naming } from '../provision/naming.js';
import { type Parts } from '../provision/parts.js';
import { daemonsInUse, TargetAllocator } from '../provision/target-allocator.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { Upkeep } from '../reconcile/upkeep.js';
import { Scheduler } from '../schedule/scheduler.js';
import { startTgtHosts } from '../targets/tgt/tgt-hosts.js';
import { claimPool } from './claim-pool.js';
import { Closers } from './closers.js';
import { parseStorageOptions, type StorageOptions } from './options.js';
import { startBoot } from './start-boot.js';
import { localAnswers } from './local-answers.js';
import { defineStorage } from './storage-object.js';

/** Where backups are written in the state directory, where the options name no other. */
const backupsOfState = 'backups';

/** How many events `history` and `watch` look back on. */
const rememberedEvents = 10_000;

/**
 * Makes the storage object: opens the catalog and the pool, starts (or takes over) the target daemon, and
 * reconciles. When it fulfils, every node's disk is exported that can be.
 *
 * A pool that is away does not keep it from starting: the reconciler tries until it is there.
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
  const store = await openCatalogStore(stateDir, clock);
  closers.add(async () => {
    await store[Symbol.asyncDispose]();
  });
  const catalog = new Catalog(store, clock);
  const events = new EventLog(store, catalog);
  const log = actorLog(context.log, catalog.actors);

  const pool = await openPool(options, { ...context, log }, catalog);
  const naming = new Naming(options.iqnPrefix, await catalog.rememberPrefix(options.iqnPrefix));
  const targets = await startTgtHosts({
    stateDir,
    portal: options.portal,
    targetsPerDaemon: options.targetsPerDaemon,
    daemons: await daemonsInUse(catalog),
    exec: execTool,
    clock,
    log,
    onStop: options.onStop,
    owns: (name) => naming.isOurs(name),
  });
  closers.add(async () => {
    await targets[Symbol.asyncDispose]();
  });

  const metrics = new StorageMetrics();
  const operations = new Operations({
    clock,
    ended: (operation) => {
      metrics.operationEnded(operation);
    },
  });
  const files = { pool: pool.directory, exec: execTool, clock };
  const importer = new FileImageImporter({
    ...files,
    sourceDirectories: options.sourceDirectories,
    web: { hosts: options.urlHosts, networks: options.urlNetworks },
    maxImageBytes: options.maxImageBytes,
  });
  const exporter = new FileImageExporter(files);
  const exports = new Exports(catalog, pool, targets);
  const bootTokens = options.boot?.token ?? false;
  const parts: Parts = {
    catalog,
    events,
    pool,
    admission: new Admission(pool, options.quotas),
    targets,
    allocator: new TargetAllocator(targets),
    importer,
    exporter,
    exports,
    operations,
    naming,
    backupDirectory: options.backupDirectory ?? join(stateDir, backupsOfState),
    bootTokens,
    clock,
    log,
  };
  const reconciler = new Reconciler(parts, {
    graceMs: options.graceMs,
    ended: (report, durationMs) => {
      metrics.reconciled(report, durationMs);
    },
  });
  const stage: { upkeep?: Upkeep } = {};
  // An empty daemon serves nobody until this has rebuilt what it exports.
  const served = targets.onRestart(async (daemon) => {
    await reconciler.rebuildExports(daemon);
    if (stage.upkeep !== undefined) {
      metrics.tgtdRestarted();
      stage.upkeep.soon(); // operations that the daemon's death cut short are undone
    }
  });
  // Without its pool nothing can be rebuilt until it comes, but what the catalog knows can be told.
  if (await isThere(pool)) {
    await served;
  }
  await catalog.actors.run({ method: 'start' }, () => reconciler.run(true));

  closers.add(() => operations.close());
  const reconcile = async (): Promise<void> => {
    await catalog.retryWriting();
    await catalog.actors.run({ method: 'reconciler' }, () => reconciler.run());
    await events.forget(rememberedEvents);
    await catalog.forgetHistory();
  };
  const upkeep = new Upkeep(reconcile, () => options.reconcileEveryMs, { clock, log });
  stage.upkeep = upkeep;
  closers.add(() => upkeep[Symbol.asyncDispose]());
  closers.add(startScheduler(parts));
  const boot = await startBoot(options, { parts, pool, metrics });
  closers.add(async () => boot?.[Symbol.asyncDispose]());
  await removeUnfinishedBackups(join(stateDir, catalogDirectory));
  // Another directory may be shared with other servers, whose backups may be under way.
  await removeUnfinishedBackups(join(stateDir, backupsOfState));
  const requests = await answerLocally(stateDir, localAnswers(parts, stateDir), log);
  closers.add(async () => {
    await requests[Symbol.asyncDispose]();
  });
  return defineStorage(parts, reconciler, () => closers.close());
}

/** Takes the scheduled snapshots from now on; gives what ends it. */
function startScheduler(parts: Parts): () => Promise<void> {
  const scheduler = new Scheduler(parts);
  const ending = new AbortController();
  const upkeep = new Upkeep(
    () => parts.catalog.actors.run({ method: 'scheduler' }, () => scheduler.run(ending.signal)),
    () => scheduler.pauseMs,
    parts,
  );
  return async () => {
    ending.abort();
    await upkeep[Symbol.asyncDispose]();
  };
}

/** Opens the pool that the catalog knows, or at first the one that the options name. */
async function openPool(
  { pool: directory, highWater }: StorageOptions,
  { clock, log }: ObjectContext,
  catalog: Catalog,
): Promise<FilePool> {
  return openFilePool({
    directory,
    expectedId: await catalog.poolId(),
    highWater,
    whenMissing: 'wait',
    onFound: async (id) => {
      await claimPool(directory, await catalog.id());
      await catalog.rememberPool(id);
    },
    exec: execTool,
    clock,
    log,
  });
}

async function isThere(pool: FilePool): Promise<boolean> {
  try {
    await pool.directory.assertAvailable();
    return true;
  } catch (error) {
    if (isRpcError(error, 'POOL_UNAVAILABLE')) {
      return false;
    }
    throw error;
  }
}
