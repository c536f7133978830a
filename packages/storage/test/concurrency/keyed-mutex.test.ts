import { expect } from 'chai';

import { KeyedMutex } from '../../src/concurrency/keyed-mutex.js';

describe('KeyedMutex', () => {
  it('lets one at a time through, in the order of their coming, also after one that failed', async () => {
    const mutex = new KeyedMutex();
    const steps: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      steps.push(`${name} begins`);
      await Promise.resolve();
      steps.push(`${name} ends`);
      if (name === 'b') {
        throw new Error('b failed');
      }
    };

    const all = await Promise.allSettled(['a', 'b', 'c'].map((name) => mutex.run('key', work(name))));

    expect(all.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(steps).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('lets different keys through at the same time', async () => {
    const mutex = new KeyedMutex();
    let release = (): void => undefined;
    const first = mutex.run('a', () => new Promise<void>((resolve) => (release = resolve)));

    expect(await mutex.run('b', () => Promise.resolve('through'))).to.equal('through');

    release();
    await first;
  });
});
