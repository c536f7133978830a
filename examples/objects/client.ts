import { connect, isRpcError } from '@patchbay/rpcclient';

import type { Depot } from './depot.js';

await using client = connect();
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const depot = client.proxy<Depot>('depot');

// A call that waits, and one that lets it complete.
const waiting = depot.wait_for('map');
await depot.put('map', Buffer.from('here be dragons'));
print(`it is there: ${JSON.stringify(await waiting)}`);

// Refused calls: by the schemas, and by the method.
for (const refused of [
  depot.put('The Map', Buffer.from('x')),
  depot.put('atlas', Buffer.alloc(100), { limitBytes: 99 }),
]) {
  await refused.catch((error: unknown) => {
    print(isRpcError(error) ? `${error.code} ${error.reason}` : 'something else');
  });
}

// A passed deadline and a cancelled call both abort the method's signal.
const late = depot.with({ timeoutMs: 50 }).wait_for('treasure');
print(await late.then(String, (error: unknown) => (isRpcError(error) ? error.reason : 'something else')));
const given = depot.wait_for('treasure');
given.cancel();
print(await given.then(String, (error: unknown) => (isRpcError(error) ? error.reason : 'something else')));

// A held item stays until it is released.
{
  await using map = await depot.hold('map');
  await depot.remove('map');
  print(`held: ${String(await map.size())} bytes`);
}
print(`items: ${String(await depot.count)}`);
for await (const item of depot.list()) {
  print(`still there: ${item.name}`);
}
