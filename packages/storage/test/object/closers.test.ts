import { expect } from 'chai';

import { Closers } from '../../src/object/create-storage.js';

describe('Closers', () => {
  it('closes in reverse order, each once, even if one fails', async () => {
    const closers = new Closers();
    const closed: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      closers.add(() => {
        closed.push(name);
        return name === 'b' ? Promise.reject(new Error('b failed')) : Promise.resolve();
      });
    }

    expect(await closers.close().catch((error: unknown) => (error as Error).message)).to.equal('b failed');
    await closers.close();

    expect(closed).to.deep.equal(['c', 'b', 'a']);
  });
});
