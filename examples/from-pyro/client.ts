import { connect, isRpcError, nameServerObject, type NameServerMethods } from '@patchbay/rpcclient';

import type { Warehouse } from './warehouse.js';

await using client = connect();
const print = (line: string): void => void process.stdout.write(`${line}\n`);

// A proxy
const warehouse = client.proxy<Warehouse>('example.warehouse');
print(`chairs: ${String(await warehouse.store('chair'))}`);

// Yellow pages
const names = client.proxy<NameServerMethods>(nameServerObject);
await names.set_metadata('example.warehouse', { kind: 'furniture', city: 'Oslo' });
const page = await names.list({ meta: ['kind=furniture', 'city'] });
print(page.names.map(({ name, metadata }) => `${name} in ${String(metadata.city)}`).join('\n'));

// Errors
try {
  await warehouse.take('piano');
} catch (error) {
  if (!isRpcError(error, 'ITEM_MISSING')) {
    throw error;
  }
  print(`${error.code}: ${error.message}, ${JSON.stringify(error.details)}`);
}

// Time limits
const patient = warehouse.with({ timeoutMs: 5_000 });
print(`beds: ${String(await patient.store('bed'))}`);

// Streaming
for await (const { item, count } of warehouse.contents()) {
  print(`${item}: ${String(count)}`);
}

// A batch
const [taken, missing] = await client.batch((batch) => [
  batch.proxy<Warehouse>('example.warehouse').take('bed'),
  batch.proxy<Warehouse>('example.warehouse').take('piano'),
]);
print(`${taken.status}, ${missing.status}`);

// One way
await warehouse.with({ oneWay: true }).store('rug');

// Asynchronous calls
const pending = warehouse.store('desk');
const [desks, sofas] = await Promise.all([pending, warehouse.store('sofa')]);
print(`desks: ${String(desks)}, sofas: ${String(sofas)}`);

// Callbacks
const total = await warehouse.count((item) => {
  print(`counted: ${item}`);
  return null;
});
print(`in all: ${String(total)}`);

// Objects that a method returns
{
  await using bin = await warehouse.bin('lamp');
  print(`lamps: ${String(await bin.level())}`);
}
print(`lamps: ${String(await warehouse.bin('lamp').level())}`);

// All objects of a kind
for (const { name, status } of await client.all<Warehouse>({ meta: ['kind=furniture'] }).store('stool')) {
  print(`${name}: ${status}`);
}
