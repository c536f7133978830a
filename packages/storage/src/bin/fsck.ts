import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { z } from 'zod';

import { command, formatOptions, printResult } from '@patchbay/daemon';
import { exitStatusOfCode, silentLog, systemClock } from '@patchbay/objects';

import { openUnlessInUse } from '../backup/backup-file.js';
import { Catalog } from '../catalog/catalog.js';
import { askLocally } from '../catalog/local-requests.js';
import { openFilePool } from '../disks/file/file-pool.js';
import { storageError } from '../errors.js';
import { execTool } from '../exec.js';
import { checkStorage, type Finding, finding } from '../fsck/check-storage.js';
import { stateDirOption } from './options.js';

/** `patchbay-storage fsck`: lists inconsistencies. */
export const fsck = command({
  name: 'fsck',
  summary: 'Compare the catalog, the files and, while the storage object runs, the targets; change nothing',
  options: {
    'state-dir': stateDirOption,
    pool: {
      type: 'string',
      placeholder: 'DIR',
      default: '/var/lib/patchbay/pool',
      summary: 'The directory of the pool, used if the storage object does not run',
    },
    ...formatOptions,
  },
  run: async (args) => {
    const findings = await findingsOf(resolve(args['state-dir']), resolve(args.pool));
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    process.exitCode = errors === 0 ? 0 : exitStatusOfCode.DATA_LOSS; // also if the reader of the output leaves
    await printResult(findings, args, findings.length === 0 ? 'No problems found.' : findings);
    if (errors > 0) {
      const count = errors === 1 ? '1 error' : `${String(errors)} errors`;
      throw storageError('FSCK_FOUND_ERRORS', `found ${count}; see the findings above`);
    }
  },
});

async function findingsOf(stateDir: string, directory: string): Promise<Finding[]> {
  const store = await openUnlessInUse(stateDir, systemClock);
  if (store === 'in-use') {
    return z.array(finding).parse(JSON.parse(await textOf(await askLocally(stateDir, 'fsck'))));
  }
  await using own = store;
  const catalog = new Catalog(own);
  const expectedId = await catalog.poolId();
  if (expectedId === undefined) {
    return await checkStorage({ catalog });
  }
  const pool = await openFilePool({
    directory,
    expectedId,
    whenMissing: 'wait',
    exec: execTool,
    clock: systemClock,
    log: silentLog, // problems of the pool become findings
  });
  return await checkStorage({ catalog, pool });
}
