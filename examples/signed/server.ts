import { hostIdentity, RpcServer } from '@patchbay/rpcserver';
import { once } from 'node:events';

import { addUser } from './add-user.js';
import { diary } from './diary.js';

const stateDir = process.env.STATE_DIR ?? './state'; // where `rpcserver join` has put the identity of the host

await using server = await RpcServer.start({
  stateDir,
  identity: hostIdentity(stateDir),
  objects: { diary },
  interceptors: [addUser],
});
process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
