import { expect } from 'chai';
import { EventEmitter } from 'node:events';

import { interruptible } from '../src/interrupt.js';

class FakeProcess extends EventEmitter {
  readonly statuses: number[] = [];

  exit(status: number): void {
    this.statuses.push(status);
  }
}

describe('Work that can be interrupted', () => {
  it('returns the result and leaves no listener', async () => {
    const events = new FakeProcess();
    expect(await interruptible(() => Promise.resolve(7), events)).to.equal(7);
    expect(events.listenerCount('SIGINT')).to.equal(0);
  });

  it('is asked to stop by the first Ctrl-C, and the second ends the process', async () => {
    const events = new FakeProcess();
    await interruptible((signal) => {
      events.emit('SIGINT');
      expect(signal.aborted).to.equal(true);
      expect(events.statuses).to.deep.equal([]);
      events.emit('SIGINT');
      return Promise.resolve();
    }, events);
    expect(events.statuses).to.deep.equal([130]);
  });
});
