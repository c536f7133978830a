import { expect } from 'chai';

import { eventually, refusal } from '@patchbay/objects/testing';

import { connectOver } from '../../src/client/index.js';
import { MemoryTransport } from '../../src/memory/index.js';
import { hostSample, type Sample } from '../../src/testing/index.js';

describe('a call that may run twice', () => {
  it('runs no more than twice where every connection is cut, and its error says so', async () => {
    const { dispatcher, notes } = hostSample();
    using memory = new MemoryTransport(dispatcher);
    let cut = (): void => undefined;
    await using client = connectOver(
      {
        dial: (address, events) => {
          cut = () => {
            events.onEnd('a proxy cut it');
          };
          return memory.dial(address, events);
        },
      },
      'server:1',
    );
    const failing = refusal(client.proxy<Sample>('sample').hangSafely());
    const runs = (): number => notes.filter((note) => note === 'hangSafely began').length;
    for (const run of [1, 2]) {
      await eventually(() => runs() === run);
      cut();
    }
    const error = await failing;
    expect(error.reason).to.equal('CONNECTION_LOST');
    expect(error.message).to.match(
      /a proxy cut it; .* lost 2 times while it ran: a proxy .*; it is idempotent, and may be repeated$/,
    );
    expect(runs()).to.equal(2);
  });
});
