import { connect, isRpcError } from '@patchbay/rpcclient';

import type { Cleaner } from './cleaner.js';

await using client = connect();
const cleaner = client.proxy<Cleaner>('cleaner');

// A function that the object keeps is called after the call has ended, too.
const watching = cleaner.watch((things) => {
  process.stdout.write(`the cleaner took: ${things}\n`);
  return null;
});
await watching;

// The function runs here; the method can call it while the call lasts.
const gone = await cleaner.clean(['letters', 'dust', 'old maps'], (thing) => {
  process.stdout.write(`keep the ${thing}?\n`);
  return thing !== 'dust';
});
process.stdout.write(`thrown away: ${gone.join(', ')}\n`);
watching.cancel(); // releases the function: the object is told by its signal

// What it throws reaches the method, and since the method does not catch it, comes back.
try {
  await cleaner.clean(['letters'], () => {
    throw new Error('I cannot decide');
  });
} catch (error) {
  process.stdout.write(isRpcError(error, 'CALLBACK_FAILED') ? `${error.message}\n` : 'something else\n');
}
