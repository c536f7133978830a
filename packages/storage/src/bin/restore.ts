import { resolve } from 'node:path';

import { command, formatOptions, printResult } from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { restoreFrom } from '../backup/restore.js';
import { stateDirOption } from './options.js';

/** `patchbay-storage restore`: replaces the catalog with a backup. */
export const restore = command({
  name: 'restore',
  summary: 'Restore the catalog from a backup, while the storage object does not run',
  args: { file: { type: 'string', required: true, summary: 'The backup file' } },
  options: { 'state-dir': stateDirOption, ...formatOptions },
  run: async (args) => {
    const stateDir = resolve(args['state-dir']);
    const { formerCatalog } = await restoreFrom(resolve(args.file), stateDir, systemClock);
    const former =
      formerCatalog === undefined ? 'there was none before' : `the previous one is in ${formerCatalog}`;
    const text =
      `The catalog of ${stateDir} is restored; ${former}.\n` +
      'Files of the pool without a record are kept until "rpcclient confirm_restore"; "rpcclient fsck" lists them.';
    await printResult({ stateDir, formerCatalog: formerCatalog ?? null }, args, text);
  },
});
