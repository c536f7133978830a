import { connect, isRpcError } from '@patchbay/rpcclient';

import type { Cleaner } from './cleaner.js';

await using client = connect({ nameServer: process.env.PATCHBAY_NAMESERVER ?? '127.0.0.1:7440' });
const cleaner = client.proxy<Cleaner>('cleaner');

// The function runs here; the method can call it while the call lasts.
const gone = await cleaner.clean(['letters', 'dust', 'old maps'], (thing) => {
  process.stdout.write(`keep the ${thing}?\n`);
  return thing !== 'dust';
});
process.stdout.write(`thrown away: ${gone.join(', ')}\n`);

// What it throws reaches the method, and since the method does not catch it, comes back.
try {
  await cleaner.clean(['letters'], () => {
    throw new Error('I cannot decide');
  });
} catch (error) {
  process.stdout.write(isRpcError(error, 'CALLBACK_FAILED') ? `${error.message}\n` : 'something else\n');
}
