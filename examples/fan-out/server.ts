import { RpcServer } from '@patchbay/rpcserver';
import { once } from 'node:events';

import { disksOf } from './disks.js';

await using server = await RpcServer.start({
  stateDir: process.env.STATE_DIR ?? './state',
  objects: {
    'disks.rack1': disksOf('rack 1', 40),
    'disks.rack2': disksOf('rack 2', 95),
    'disks.rack3': disksOf('rack 3', 70),
  },
});
process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
