import { RpcServer } from '@patchbay/rpcserver';
import { once } from 'node:events';

import { bank } from './bank.js';

await using server = await RpcServer.start({
  nameServer: process.env.PATCHBAY_NAMESERVER ?? '127.0.0.1:7440',
  stateDir: process.env.STATE_DIR ?? './state',
  objects: { bank },
});
process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
