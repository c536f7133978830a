import { RpcServer } from '@patchbay/rpcserver';
import { once } from 'node:events';

import { bank } from './bank.js';

await using server = await RpcServer.start({
  stateDir: process.env.STATE_DIR ?? './state',
  objects: { bank },
});
process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
