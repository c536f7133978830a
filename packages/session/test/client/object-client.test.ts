import { expect } from 'chai';

import { refusal } from '@patchbay/objects/testing';

import { ObjectClient } from '../../src/client/index.js';
import { connectInMemory } from '../../src/memory/index.js';
import { makeSample, type Sample } from '../../src/testing/sample.js';

describe('an object client', () => {
  it('shows its users nothing but what they call', () => {
    expect(Object.getOwnPropertyNames(ObjectClient.prototype)).to.have.members([
      'constructor',
      'proxy',
      'call',
      'callWithArgv',
      'batch',
      'fanOut',
      'describe',
      'close',
    ]);
    expect(Object.getOwnPropertyNames(connectInMemory({}))).to.deep.equal([]);
  });

  const thrower = (): never => {
    throw new TypeError('not now');
  };
  for (const [what, value] of [
    ['a getter', Object.defineProperty({}, 'size', { enumerable: true, get: thrower })],
    ['a proxy', new Proxy({}, { ownKeys: thrower })],
    ['toJSON', { toJSON: thrower }],
  ] as const) {
    it(`tells its user of ${what} of an argument that throws`, async () => {
      await using client = connectInMemory({ sample: makeSample([], []) });
      const error = await refusal(client.proxy<Sample>('sample').echo(value), 'ARGUMENT_INVALID');
      expect(error.message).to.include('not now').and.not.include('log');
    });
  }

  it('tells its user of an interceptor that throws, and of no log', async () => {
    await using client = connectInMemory({ sample: makeSample([], []) }, { interceptors: [thrower] });
    const error = await refusal(client.proxy<Sample>('sample').echo(1), 'UNEXPECTED');
    expect(error.message).to.equal('the call failed in this client: not now');
    expect(error.cause).to.be.instanceOf(TypeError);
  });

  it('ends the loop over a call that was refused before it was sent, or has ended', async () => {
    await using client = connectInMemory({ sample: makeSample([], []) });
    const loop = async (call: AsyncIterable<unknown>): Promise<void> => {
      for await (const item of call) {
        expect.fail(`yielded ${String(item)}`);
      }
    };
    const refused = client.call('sample', 'echo', [1], { correlationId: 'two words' });
    expect((await refusal(loop(refused))).reason).to.equal('ARGUMENT_INVALID');
    const ended = client.call('sample', 'echo', [1]);
    await ended;
    await loop(ended);
  });

  it('is closed by close, which cancels what runs and closes the objects', async () => {
    const notes: string[] = [];
    const client = connectInMemory({ sample: makeSample(notes, []) });
    const call = client.proxy<Sample>('sample').hang();
    await client.proxy<Sample>('sample').echo(1);
    await client.close();
    expect((await refusal(call)).reason).to.equal('CONNECTION_LOST');
    expect(notes).to.deep.equal(['hang began', 'hang aborted']);
    expect((await refusal(client.call('sample', 'echo', []))).message).to.equal('the client was closed');
  });
});
