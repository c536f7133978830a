import { connect } from '@patchbay/rpcclient';

import type { Hello } from './hello.js';

await using client = connect();
const call = client.proxy<Hello>('hello').greet('node7', { times: 3 });
for await (const line of call) {
  process.stdout.write(`${line}\n`); // leaving the loop early cancels the method
}
process.stdout.write(`${await call}\n`);
