#!/usr/bin/env node
import { endOnClosedPipe, exitIfHanging, packageVersion, runProgram } from '@patchbay/daemon';

import { initPool } from './init-pool.js';

endOnClosedPipe();
process.exitCode = await runProgram(
  {
    name: 'rpcserver', // which runs this program for its command init-pool
    summary: 'Creates a pool for the storage object.',
    version: packageVersion(import.meta.url),
    commands: [initPool],
  },
  ['init-pool', ...process.argv.slice(2)],
);
exitIfHanging();
