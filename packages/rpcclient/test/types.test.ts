import { expect } from 'chai';

import { type Call, connect, type SignaturesOf } from '@patchbay/rpcclient';

import type { example } from './fixtures/example.js';
import type makeBell from './fixtures/bell.js';

type Example = SignaturesOf<typeof example>;
type Bell = SignaturesOf<Awaited<ReturnType<typeof makeBell>>>;

interface Disk {
  node: string;
  sizeBytes: number;
}

/** Compiles only when the argument is of the type. */
function is<T>(value: T): T {
  return value;
}

/** Never called: that it compiles is the test. */
async function useTypes(): Promise<void> {
  await using client = connect({ nameServer: '127.0.0.1:7440' });
  const storage = client.proxy<Example>('storage');

  await is<Call<Disk, { step: string }>>(storage.provision('node7', 'ubuntu', { sizeBytes: 1 }));
  is<Disk>(await storage.provision('node7', 'ubuntu'));
  is<Disk>(await storage.with({ timeoutMs: 'none' }).provision('node7', 'ubuntu', {}));
  for await (const { step } of storage.provision('node7', 'ubuntu')) {
    is<string>(step);
  }
  // @ts-expect-error an argument is missing
  await storage.provision('node7');
  // @ts-expect-error an argument has the wrong type
  await storage.provision('node7', 7);
  // @ts-expect-error an option has the wrong type
  await storage.provision('node7', 'ubuntu', { sizeBytes: '20GiB' });
  // @ts-expect-error there is no such option
  await storage.provision('node7', 'ubuntu', { size: 1 });
  // @ts-expect-error there is no such method
  is<unknown>(storage.provisoin);
  // @ts-expect-error the result has no such field
  (await storage.provision('node7', 'ubuntu')).image;
  // @ts-expect-error there is no such call option
  storage.with({ timeout: 1 });

  is<number>(await client.proxy<Bell>('bell').ring('file'));
  for await (const item of client.proxy<Bell>('bell').ring('file')) {
    is<never>(item);
  }
}

describe('The types of a client', () => {
  it("follow from the object's, by a type import alone", () => {
    expect(useTypes).to.be.a('function');
  });
});
