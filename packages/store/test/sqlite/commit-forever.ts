import { systemClock } from '@patchbay/objects';
import { openSqliteStore } from '@patchbay/store';

// A process for a test to kill: commits one key after the other and says each on a line once it is acknowledged.
const [directory = '', prefix = ''] = process.argv.slice(2);
const store = await openSqliteStore({ directory, clock: systemClock });
const { leaseId } = await store.grantLease(60_000);
for (let next = 0; ; next += 4) {
  const numbers = [next, next + 1, next + 2, next + 3];
  await Promise.all(
    numbers.map(async (number) => {
      await store.commit([], [{ put: `${prefix}/${String(number)}`, value: String(number), leaseId }]);
      process.stdout.write(`${String(number)}\n`);
    }),
  );
}
