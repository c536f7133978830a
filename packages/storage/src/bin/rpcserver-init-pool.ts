#!/usr/bin/env node
import { packageVersion, runMain } from '@patchbay/daemon';

import { initPool } from './init-pool.js';

await runMain(
  {
    name: 'rpcserver', // which runs this program for its command init-pool
    summary: 'Creates a pool for the storage object.',
    version: packageVersion(import.meta.url),
    commands: [initPool],
  },
  ['init-pool', ...process.argv.slice(2)],
);
