import { expect } from 'chai';
import { z } from 'zod';

import { coreError, RpcError } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';

import type { ObjectClient } from '../../src/client/index.js';
import { connectInMemory } from '../../src/memory/index.js';

const failing = defineObject({
  summary: 'Fails',
  methods: {
    fail: method({
      summary: 'Fail',
      returns: z.null(),
      run: () => {
        throw coreError('NAME_INVALID', 'a wrong name');
      },
    }),
    failLate: method({
      summary: 'Yield an item, and fail',
      yields: z.int(),
      returns: z.null(),
      run: async function* () {
        yield await Promise.resolve(1);
        throw coreError('NAME_INVALID', 'a wrong name');
      },
    }),
  },
});

const rows: readonly [title: string, call: (client: ObjectClient) => Promise<unknown>][] = [
  ['awaits a call', async (client) => await client.call('failing', 'fail', [])],
  ['returns a call to a function that awaits it', (client) => client.call('failing', 'fail', [])],
  ['awaits several calls', async (client) => await Promise.all([client.call('failing', 'fail', [])])],
  ['iterates a call', (client) => readAll(client.call('failing', 'failLate', []))],
  ['makes a call with a wrong time limit', (client) => client.call('failing', 'fail', [], { timeoutMs: -1 })],
];

describe('the error of a call', () => {
  for (const [title, call] of rows) {
    it(`has a stack that ends with the frames of a caller who ${title}`, async () => {
      await using client = connectInMemory({ failing });
      const error = await theCaller(() => call(client));
      expect(error.stack).to.match(
        /^RpcError: .*\n(?: {4}at .*\n)* {4}at async theCaller .*(?:\n {4}at async .*)*$/,
      );
    });
  }

  it('has the frames of its own caller, where several calls fail with the same error', async () => {
    const cause = new Error('the network is down');
    await using client = connectInMemory(
      { failing },
      {
        interceptors: [
          () => {
            throw shared;
          },
        ],
      },
    );
    const shared = new RpcError('UNAVAILABLE', 'CONNECTION_LOST', 'no connection', { cause });
    const [one, other] = await Promise.all([
      theCaller(() => client.call('failing', 'fail', [])),
      theOtherCaller(() => client.call('failing', 'fail', [])),
    ]);
    expect(one.stack)
      .to.match(/at async theCaller /)
      .and.not.match(/theOtherCaller/);
    expect(other.stack)
      .to.match(/at async theOtherCaller /)
      .and.not.match(/theCaller/);
    expect([one.cause, other.cause]).to.deep.equal([cause, cause]);
  });
});

async function theCaller(call: () => PromiseLike<unknown>): Promise<RpcError> {
  try {
    await call();
  } catch (error) {
    return error as RpcError;
  }
  throw new Error('it did not fail');
}

async function theOtherCaller(call: () => PromiseLike<unknown>): Promise<RpcError> {
  try {
    await call();
  } catch (error) {
    return error as RpcError;
  }
  throw new Error('it did not fail');
}

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  const read: unknown[] = [];
  for await (const item of items) {
    read.push(item);
  }
}
