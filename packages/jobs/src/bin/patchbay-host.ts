#!/usr/bin/env node
import { packageVersion, runMain } from '@patchbay/daemon';

import { list, register, status } from './look.js';
import { monitor, once, run } from './make.js';
import { checkConfig } from './read-configuration.js';
import { start } from './start.js';

await runMain({
  name: 'patchbay-host',
  summary: 'Makes the jobs of this host: calls that others had kept for it.',
  version: packageVersion(import.meta.url),
  commands: [start, checkConfig, status, list, run, once, monitor, register],
});
