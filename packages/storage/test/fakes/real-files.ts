import { join } from 'node:path';

import { silentLog, systemClock } from '@patchbay/core';
import { openSqliteStore, type Store } from '@patchbay/store';

import { Catalog } from '../../src/catalog/catalog.js';
import { EventLog } from '../../src/catalog/event-log.js';
import { Operations } from '../../src/concurrency/operations.js';
import { FileImageExporter } from '../../src/disks/export/exporter.js';
import { FilePool } from '../../src/disks/file/file-pool.js';
import { FileImageImporter } from '../../src/disks/import/importer.js';
import { execTool } from '../../src/exec.js';
import { iqn } from '../../src/names.js';
import { Admission } from '../../src/pool/admission.js';
import { Exports } from '../../src/provision/exports.js';
import { Naming } from '../../src/provision/naming.js';
import { TargetAllocator } from '../../src/provision/target-allocator.js';
import { MemoryTargets } from './memory-targets.js';
import { Machine } from './world.js';

/** A machine whose pool and catalog are on disk, and whose targets are not. */
export interface RealFiles extends AsyncDisposable {
  readonly machine: Machine;
  readonly pool: FilePool;
}

/** Opens the pool and the catalog in a directory, in which the files to import are too. */
export async function openRealFiles(
  directory: string,
  wrap: (store: Store) => Store = (store) => store,
): Promise<RealFiles> {
  const clock = systemClock;
  const log = silentLog;
  const store = wrap(await openSqliteStore({ directory: join(directory, 'catalog'), clock }));
  const catalog = new Catalog(store);
  const expectedId = await catalog.poolId();
  const pool = await FilePool.open({
    directory: join(directory, 'pool'),
    expectedId,
    exec: execTool,
    clock,
    log,
  });
  await catalog.rememberPool(pool.id);
  const targets = new MemoryTargets();
  const files = { pool: pool.directory, exec: execTool, clock };
  const machine = new Machine({
    catalog,
    events: new EventLog(store, catalog),
    pool,
    targets,
    importer: new FileImageImporter({
      ...files,
      sourceDirectories: [directory],
      web: { networks: [] },
      maxImageBytes: 2 ** 30,
    }),
    exporter: new FileImageExporter(files),
    admission: new Admission(pool, {}),
    backupDirectory: join(directory, 'backups'),
    exports: new Exports(catalog, pool, targets),
    allocator: new TargetAllocator(targets),
    operations: new Operations(),
    naming: new Naming(iqn.parse('iqn.2026-11.local.patchbay')),
    bootTokens: false,
    clock,
    log,
  });
  return { machine, pool, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}
