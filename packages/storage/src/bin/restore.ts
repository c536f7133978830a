import { resolve } from 'node:path';

import { command, writeOut } from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { restoreFrom } from '../backup/restore.js';
import { stateDirOption } from './options.js';

/** `patchbay-storage restore`: replaces the catalog with a backup. */
export const restore = command({
  usage: 'restore <file>',
  summary: 'Restore the catalog from a backup, while the storage object does not run',
  positionals: { file: { type: 'string', demandOption: true, describe: 'The backup file' } },
  options: { 'state-dir': stateDirOption },
  run: async (args) => {
    const stateDir = resolve(args['state-dir']);
    const { formerCatalog } = await restoreFrom(resolve(args.file), stateDir, systemClock);
    const former =
      formerCatalog === undefined ? 'there was none before' : `the previous one is in ${formerCatalog}`;
    await writeOut(
      `The catalog of ${stateDir} is restored; ${former}.\n` +
        'Files of the pool without a record are kept until "rpcclient confirm_restore"; "rpcclient fsck" lists them.\n',
    );
  },
});
