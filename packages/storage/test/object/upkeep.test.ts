import { RecordingLog } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { startUpkeep } from '../../src/object/upkeep.js';

describe('Upkeep', () => {
  it('is done next at minute 17 of an hour in UTC', async () => {
    await using upkeep = startUpkeep(() => Promise.resolve(), new RecordingLog());

    expect(upkeep.nextAt?.getUTCMinutes()).to.equal(17);
    expect(upkeep.nextAt?.getTime()).to.be.within(Date.now(), Date.now() + 3_600_000);
  });

  it('logs a failure, and is closed when a run in progress has ended', async () => {
    const log = new RecordingLog();
    let finish = (): void => undefined;
    let times = 0;
    const work = (): Promise<void> => {
      times += 1;
      return times === 1 ? Promise.reject(new Error('no')) : new Promise((resolve) => (finish = resolve));
    };
    const upkeep = startUpkeep(work, log);
    await upkeep.run();
    expect(log.lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['error', 'scheduled work failed'],
    ]);

    const running = upkeep.run();
    let closed = false;
    const closing = upkeep[Symbol.asyncDispose]().then(() => (closed = true));
    await new Promise(setImmediate);
    expect(closed).to.equal(false);
    finish();
    await Promise.all([running, closing]);
  });
});
