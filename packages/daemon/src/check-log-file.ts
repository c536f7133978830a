import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { coreError } from '@patchbay/objects';

import { type LogSettings } from './logger.js';

/** Says whether a log could be written as its settings say, and writes none. @throws RpcError `CONFIG_INVALID` */
export function checkLogFile({ file }: LogSettings): void {
  if (file === undefined) {
    return;
  }
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    const why = (error as Error).message;
    throw coreError('CONFIG_INVALID', `the log file cannot be opened: ${why}`, { cause: error });
  }
}
