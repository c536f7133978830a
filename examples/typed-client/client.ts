import { connect, isRpcError } from '@patchbay/rpcclient';

import type { Bank } from './bank.js';

await using client = connect();
const print = (line: string): void => void process.stdout.write(`${line}\n`);

// The types come from the server's methods: a wrong name or argument does not compile.
const bank = client.proxy<Bank>('bank');

// A method of an object that has not arrived yet: both calls are sent together, in one round trip.
print(`ada has ${String(await bank.account('ada').deposit(500))}`);

// The object itself, until the end of the block; then the server releases it.
{
  await using ada = await bank.account('ada');
  await ada.deposit(250);
  print(`ada has ${String(await ada.balance())}`);

  try {
    await ada.withdraw(1000);
  } catch (error) {
    print(isRpcError(error, 'FUNDS_SHORT') ? `short: ${error.message}` : 'something else');
  }

  // It can be passed back to the server that it came from.
  print(`closed the account of ${await bank.close(ada)}`);
}
print(`ada has ${String(await bank.account('ada').balance())}`);
