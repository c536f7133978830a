import { connectInMemory } from '@patchbay/rpcclient/testing';

import { hello, type Hello } from './hello.js';

// The same checks and the same calls, without a port or a name server: for tests of an object.
await using client = connectInMemory({ hello });
for await (const line of client.proxy<Hello>('hello').greet('world')) {
  process.stdout.write(`${line}\n`);
}
