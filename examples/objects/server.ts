import { RpcServer } from '@patchbay/rpcserver';
import { once } from 'node:events';

import makeDepot from './depot.js';

await using server = await RpcServer.start({
  stateDir: process.env.STATE_DIR ?? './state',
  objects: { depot: (context) => makeDepot({ largestBytes: 64 * 1024 }, context) },
});
process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
