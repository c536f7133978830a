import { join } from 'node:path';

import { type ObjectContext, type ObjectDefinition } from '@patchbay/core';
import { openSqliteStore } from '@patchbay/store';

import { Catalog } from '../catalog/catalog.js';
import { Operations } from '../concurrency/operations.js';
import { FilePool } from '../disks/file/file-pool.js';
import { FileImageImporter } from '../disks/import/importer.js';
import { execTool } from '../exec.js';
import { Exports } from '../provision/exports.js';
import { Naming } from '../provision/naming.js';
import { type Parts } from '../provision/parts.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { Upkeep } from '../reconcile/upkeep.js';
import { startTgtHost } from '../targets/tgt/tgt-host.js';
import { claimPool } from './claim-pool.js';
import { Closers } from './closers.js';
import { parseStorageOptions, type StorageOptions } from './options.js';
import { defineStorage } from './storage-object.js';

/**
 * Makes the storage object: opens the catalog and the pool, starts (or takes over) the target daemon, and
 * reconciles. When it fulfils, every node's disk is exported that can be.
 *
 * @throws RpcError `CONFIG_INVALID`, `POOL_UNAVAILABLE`, `POOL_NOT_OURS`, `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, ...
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
  const { clock, log, stateDir } = context;
  const store = await openSqliteStore({ directory: join(stateDir, 'catalog'), clock });
  closers.add(async () => {
    await store[Symbol.asyncDispose]();
  });
  const catalog = new Catalog(store);

  const pool = await openPool(options, context, catalog);
  const naming = new Naming(options.iqnPrefix, await catalog.rememberPrefix(options.iqnPrefix));
  const targets = await startTgtHost({
    stateDir,
    portal: options.portal,
    exec: execTool,
    clock,
    log,
    onStop: options.onStop,
    owns: (name) => naming.isOurs(name),
  });
  closers.add(async () => {
    await targets[Symbol.asyncDispose]();
  });

  const operations = new Operations();
  const importer = new FileImageImporter({
    pool: pool.directory,
    exec: execTool,
    clock,
    sourceDirectories: options.sourceDirectories,
  });
  const exports = new Exports(catalog, pool, targets);
  const parts: Parts = { catalog, pool, targets, importer, exports, operations, naming, clock, log };
  const reconciler = new Reconciler(parts, { graceMs: options.graceMs });
  const stage: { upkeep?: Upkeep } = {};
  // An empty daemon serves nobody until this has rebuilt what it exports.
  await targets.onRestart(async () => {
    await reconciler.rebuildExports();
    stage.upkeep?.soon(); // operations that the daemon's death cut short are undone
  });
  await reconciler.run(true);

  closers.add(() => operations.close());
  const reconcile = async (): Promise<void> => {
    await reconciler.run();
    await catalog.forgetHistory();
  };
  const upkeep = new Upkeep(reconcile, options.reconcileEveryMs, { clock, log });
  stage.upkeep = upkeep;
  closers.add(() => upkeep[Symbol.asyncDispose]());
  return defineStorage(parts, reconciler, () => closers.close());
}

/** Opens the pool that the catalog knows, or at first the one that the options name. */
async function openPool(
  { pool: directory }: StorageOptions,
  { clock, log }: ObjectContext,
  catalog: Catalog,
): Promise<FilePool> {
  const expectedId = await catalog.poolId();
  const pool = await FilePool.open({ directory, expectedId, exec: execTool, clock, log });
  await claimPool(directory, await catalog.id());
  await catalog.rememberPool(pool.id);
  return pool;
}
