#!/usr/bin/env node
import { packageVersion, runMain } from '@patchbay/daemon';

import { backup } from './backup.js';
import { fsck } from './fsck.js';
import { restore } from './restore.js';

await runMain({
  name: 'patchbay-storage',
  summary: "Backs up, restores and checks the storage object's catalog, on the host of its server.",
  version: packageVersion(import.meta.url),
  commands: [backup, restore, fsck],
});
