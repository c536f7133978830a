#!/usr/bin/env node
import { endOnClosedPipe, exitIfHanging, packageVersion, runProgram } from '@patchbay/daemon';

import { backup } from './backup.js';
import { fsck } from './fsck.js';
import { restore } from './restore.js';

endOnClosedPipe();
process.exitCode = await runProgram(
  {
    name: 'patchbay-storage',
    summary: "Backs up, restores and checks the storage object's catalog, on the host of its server.",
    version: packageVersion(import.meta.url),
    commands: [backup, restore, fsck],
  },
  process.argv.slice(2),
);
exitIfHanging();
