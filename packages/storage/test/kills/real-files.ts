import { join } from 'node:path';

import { type Clock, silentLog, systemClock } from '@patchbay/objects';
import type { Store } from '@patchbay/store';

import { Catalog } from '../../src/catalog/catalog.js';
import { ServiceTime } from '../../src/catalog/service-time.js';
import { openCatalogStore } from '../../src/catalog/open-catalog.js';
import { EventLog } from '../../src/catalog/event-log.js';
import { Operations } from '../../src/concurrency/operations.js';
import { FileImageExporter } from '../../src/disks/export/exporter.js';
import { openFilePool } from '../../src/disks/file/file-pool.js';
import { FileImageImporter } from '../../src/disks/import/importer.js';
import { execTool } from '../../src/exec.js';
import { iqn } from '../../src/names.js';
import { Admission } from '../../src/pool/admission.js';
import { Exports } from '../../src/provision/exports.js';
import { Naming } from '../../src/provision/naming.js';
import { TargetAllocator } from '../../src/provision/target-allocator.js';
import { TargetClaims } from '../../src/provision/target-claims.js';
import type { TargetHost } from '../../src/targets/target-host.js';
import { MemoryTargets } from '../fakes/memory-targets.js';
import { Machine } from '../fakes/machine.js';
import { trashMs } from './operations/nodes.js';

/** A machine whose pool and catalog are on disk. */
export interface RealFiles extends AsyncDisposable {
  readonly machine: Machine;
}

/** Where the files of a machine are. */
export interface Places {
  /** The state directory of the object. */
  readonly state: string;
  readonly pool: string;
  /** The directory of the files that can be imported. */
  readonly sources: string;
}

/** What a machine on real files is made with, where not the default. */
export interface RealFilesOptions {
  readonly wrap?: (store: Store) => Store;
  /** Default: targets in memory. */
  readonly targets?: (catalog: Catalog) => Promise<TargetHost>;
  readonly clock?: Clock;
}

/** Opens the pool and the catalog. What has no record is removed at once. */
export async function openRealFiles(
  { state, pool: poolDirectory, sources }: Places,
  {
    wrap = (store) => store,
    targets: openTargets = () => Promise.resolve(new MemoryTargets()),
    clock = systemClock,
  }: RealFilesOptions = {},
): Promise<RealFiles> {
  const log = silentLog;
  const store = wrap(await openCatalogStore(state, clock));
  const catalog = new Catalog(store);
  const expectedId = await catalog.poolId();
  const pool = await openFilePool({
    directory: poolDirectory,
    expectedId,
    exec: execTool,
    clock,
    log,
  });
  await catalog.rememberPool(pool.id);
  const targets = await openTargets(catalog);
  const files = { pool: pool.directory, exec: execTool, clock };
  const naming = new Naming(iqn.parse('iqn.2026-11.local.patchbay'));
  const machine = new Machine(
    {
      catalog,
      events: new EventLog(store, catalog),
      pool,
      targets,
      importer: new FileImageImporter({
        ...files,
        sourceDirectories: [sources],
        web: { networks: ['127.0.0.1/32'] },
        maxImageBytes: 2 ** 30,
      }),
      exporter: new FileImageExporter(files),
      admission: new Admission(pool, {}),
      backupDirectory: join(state, 'backups'),
      exports: new Exports(catalog, pool, targets),
      claims: new TargetClaims(naming, new TargetAllocator(targets), true),
      operations: new Operations(),
      naming,
      bootTokens: true,
      trashMs,
      serviceTime: new ServiceTime(catalog, clock),
      clock,
      log,
    },
    0,
  );
  return { machine, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}
