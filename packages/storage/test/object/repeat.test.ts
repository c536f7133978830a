import { FakeClock, RecordingLog } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { repeat } from '../../src/object/create-storage.js';

describe('Work of the storage object that is repeated', () => {
  it('does the work after every interval, also after a time that failed, until it is stopped', async () => {
    const clock = new FakeClock();
    const log = new RecordingLog();
    let times = 0;
    const work = (): Promise<void> => {
      times += 1;
      return times === 2 ? Promise.reject(new Error('no')) : Promise.resolve();
    };

    const task = repeat(work, () => 30_000, { clock, log });
    await clock.advance(29_999);
    expect(times).to.equal(0);
    await clock.advance(60_001);
    expect(times).to.equal(3);
    await task.close();
    await clock.advance(60_000);

    expect(times).to.equal(3);
    expect(log.lines.map(({ level }) => level)).to.deep.equal(['error']);
  });

  it('does the work at once when it is asked for, and once more when that was in the middle of it', async () => {
    const clock = new FakeClock();
    let times = 0;
    let finish = (): void => undefined;
    const work = (): Promise<void> => {
      times += 1;
      return new Promise((resolve) => {
        finish = resolve;
      });
    };

    const task = repeat(work, () => 30_000, { clock, log: new RecordingLog() });
    void task.wake();
    await clock.advance(0);
    expect(times).to.equal(1);
    void task.wake();
    await clock.advance(0);
    expect(times).to.equal(1);
    finish();
    await clock.advance(0);
    expect(times).to.equal(2);
    const stopped = task.close();
    finish();
    await stopped;
  });
});
