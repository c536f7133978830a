import { FakeClock, RecordingLog } from '@patchbay/core/testing';
import { expect } from 'chai';

import { repeat } from '../../src/reconcile/schedule.js';

describe('repeat', () => {
  it('does the work after every interval, also after a time that failed, until it is stopped', async () => {
    const clock = new FakeClock();
    const log = new RecordingLog();
    const stopping = new AbortController();
    let times = 0;
    const work = (): Promise<void> => {
      times += 1;
      return times === 2 ? Promise.reject(new Error('no')) : Promise.resolve();
    };

    const repeating = repeat(work, 30_000, { clock, log, signal: stopping.signal });
    await clock.advance(29_999);
    expect(times).to.equal(0);
    await clock.advance(60_001);
    expect(times).to.equal(3);
    stopping.abort();
    await repeating;
    await clock.advance(60_000);

    expect(times).to.equal(3);
    expect(log.lines.map(({ level }) => level)).to.deep.equal(['error']);
  });
});
