import { RpcServer } from '@patchbay/rpcserver';
import { once } from 'node:events';

import { warehouse } from './warehouse.js';

await using server = await RpcServer.start({
  stateDir: process.env.STATE_DIR ?? './state',
  objects: { 'example.warehouse': warehouse },
});
process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
