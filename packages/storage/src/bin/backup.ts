import { resolve } from 'node:path';

import { command, writeOut } from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { backUpTo } from '../backup/backup-file.js';
import { stateDirOption } from './options.js';

/** `patchbay-storage backup`: writes the catalog to a file. */
export const backup = command({
  usage: 'backup <file>',
  summary: 'Write a backup of the catalog to a new file, also while the storage object runs',
  positionals: { file: { type: 'string', demandOption: true, describe: 'The file to create' } },
  options: { 'state-dir': stateDirOption },
  run: async (args) => {
    const file = resolve(args.file);
    await backUpTo(file, resolve(args['state-dir']), systemClock);
    await writeOut(`${file} is written and verified; it contains CHAP secrets, so keep it safe\n`);
  },
});
