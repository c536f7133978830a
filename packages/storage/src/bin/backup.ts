import { resolve } from 'node:path';

import { command, formatOptions, printResult } from '@patchbay/daemon';
import { systemClock } from '@patchbay/objects';

import { backUpTo } from '../backup/backup-file.js';
import { stateDirOption } from './options.js';

/** `patchbay-storage backup`: writes the catalog to a file. */
export const backup = command({
  name: 'backup',
  summary: 'Write a backup of the catalog to a new file, also while the storage object runs',
  args: { file: { type: 'string', required: true, summary: 'The file to create' } },
  options: { 'state-dir': stateDirOption, ...formatOptions },
  run: async (args) => {
    const file = resolve(args.file);
    await backUpTo(file, resolve(args['state-dir']), systemClock);
    const text = `${file} is written and verified; it contains CHAP secrets, so keep it safe`;
    await printResult({ file }, args, text);
  },
});
