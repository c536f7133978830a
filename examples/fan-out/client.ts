import { connect } from '@patchbay/rpcclient';

import type { Disks } from './disks.js';

await using client = connect();
const print = (line: string): void => void process.stdout.write(`${line}\n`);

// Every object whose name matches: how each call ended, in the order of the names.
for (const disks of await client.all<Disks>('disks.*').used()) {
  print(`${disks.name}: ${disks.status === 'fulfilled' ? `${String(disks.value)} %` : disks.reason.message}`);
}

// The same in the order of completion, at most two at once; a failure does not affect the others.
let failed = 0;
for await (const { status } of client.all<Disks>('disks.*', { concurrency: 2 }).trim('a fan-out')) {
  failed += status === 'rejected' ? 1 : 0;
}
print(`${String(failed)} could not be trimmed`);

// Calls that are known in advance are sent together, in one message per server.
const [first, third] = await client.batch((batch) => [
  batch.proxy<Disks>('disks.rack1').used(),
  batch.proxy<Disks>('disks.rack3').trim('a batch'),
]);
print(`${first.status} ${third.status}`);

// Nothing waits for the result of a one-way call: it completes when it is sent.
await client.proxy<Disks>('disks.rack1').with({ oneWay: true }).trim('by the way');
