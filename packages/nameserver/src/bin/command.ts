import { packageVersion, runMain } from '@patchbay/daemon';

import { backup } from './backup.js';
import { init } from './init.js';
import { list, lookup, ping } from './look.js';
import { checkConfig } from './read-configuration.js';
import { register } from './register.js';
import { remove } from './remove.js';
import { restore } from './restore.js';
import { setMetadata } from './set-metadata.js';
import { discover, status } from './status.js';
import { start } from './start.js';
import { watch } from './watch.js';

await runMain({
  name: 'nameserver',
  summary: 'Keeps the names of objects: which server answers to which name.',
  version: packageVersion(import.meta.url),
  commands: [
    init,
    start,
    checkConfig,
    status,
    discover,
    ping,
    list,
    lookup,
    register,
    remove,
    setMetadata,
    watch,
    backup,
    restore,
  ],
});
