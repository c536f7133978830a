import { resolve } from 'node:path';

import { command, writeOut } from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { restoreFrom } from '../backup/restore.js';
import { stateDirOption } from './options.js';

/** `patchbay-storage restore`: a backup becomes the catalog. */
export const restore = command({
  usage: 'restore <file>',
  summary: 'Make a backup the catalog, while the storage object does not run',
  positionals: { file: { type: 'string', demandOption: true, describe: 'The backup; it is only read' } },
  options: { 'state-dir': stateDirOption },
  run: async (args) => {
    const stateDir = resolve(args['state-dir']);
    const { formerCatalog } = await restoreFrom(resolve(args.file), stateDir, systemClock);
    const former =
      formerCatalog === undefined ? 'there was none before' : `the former one is in ${formerCatalog}`;
    await writeOut(
      `The catalog of ${stateDir} is restored; ${former}.\n` +
        'Files of the pool that it does not know are kept until "rpcclient confirm_restore"; "rpcclient fsck" names them.\n',
    );
  },
});
