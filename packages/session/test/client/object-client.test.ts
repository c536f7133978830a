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
