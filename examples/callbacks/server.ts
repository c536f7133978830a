import { RpcServer } from '@patchbay/rpcserver';
import { once } from 'node:events';

import { cleaner } from './cleaner.js';

await using server = await RpcServer.start({
  stateDir: process.env.STATE_DIR ?? './state',
  objects: { cleaner },
});
process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
