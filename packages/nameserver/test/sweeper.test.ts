import { expect } from 'chai';

import { cronSchedule, startSweeper, type SweeperOptions } from '@patchbay/nameserver';
import { silentLog } from '@patchbay/objects';
import { FakeClock, RecordingLog } from '@patchbay/objects/testing';

import { OpenedRegistry } from './opened-registry.js';

const everySecond = (): number => 1000;
const everyMinute = (): number => 60_000;

describe('the sweeper', () => {
  it('lets watchers see a name go within a second of its lease', async () => {
    await using opened = await OpenedRegistry.open();
    const { clock, registry } = opened;
    await whileSweeping({ registry, clock, log: silentLog, sweeps: everySecond }, async () => {
      await opened.register('s1', 'a');
      const event = registry.watch({ signal: new AbortController().signal }).next();
      await clock.advance(11_000);
      expect((await event).value).to.have.property('type', 'removed');
    });
  });

  it('goes on when a sweep fails, and logs why', async () => {
    const clock = new FakeClock();
    const log = new RecordingLog();
    const failure = new Error('no space left');
    let sweeps = 0;
    const registry = {
      sweep: () => {
        sweeps += 1;
        return sweeps === 1 ? Promise.reject(failure) : Promise.resolve(0);
      },
      compact: () => Promise.resolve(),
    };
    await whileSweeping({ registry, clock, log, sweeps: everySecond }, () => clock.advance(3000));
    expect(sweeps).to.equal(3);
    expect(log.lines.map(({ level, fields }) => [level, fields.error])).to.deep.equal([['error', failure]]);
  });

  it('does not begin a sweep while one is running', async () => {
    const clock = new FakeClock();
    let running = 0;
    let sweeps = 0;
    const registry = {
      sweep: async () => {
        running += 1;
        sweeps += 1;
        expect(running).to.equal(1);
        await clock.sleep(2500);
        running -= 1;
        return 0;
      },
      compact: () => Promise.resolve(),
    };
    const sweeper = startSweeper({ registry, clock, log: silentLog, sweeps: everySecond });
    await clock.advance(10_000);
    const stopped = sweeper[Symbol.asyncDispose]();
    await clock.advance(10_000);
    await stopped;
    expect(sweeps).to.equal(3);
  });

  it('forgets the history but for the last revisions, once a minute', async () => {
    const clock = new FakeClock();
    const kept: number[] = [];
    const registry = {
      sweep: () => Promise.resolve(0),
      compact: (keepRevisions: number) => {
        kept.push(keepRevisions);
        return Promise.resolve();
      },
    };
    const options = {
      registry,
      clock,
      log: silentLog,
      sweeps: everySecond,
      compactions: everyMinute,
      keepRevisions: 7,
    };
    await whileSweeping(options, () => clock.advance(120_000));
    expect(kept).to.deep.equal([7, 7]);
  });

  it('sleeps no more once it is stopped', async () => {
    const clock = new FakeClock();
    const registry = { sweep: () => Promise.resolve(0), compact: () => Promise.resolve() };
    const sweeper = startSweeper({ registry, clock, log: silentLog });
    expect(clock.sleepers).to.equal(2);
    await sweeper[Symbol.asyncDispose]();
    expect(clock.sleepers).to.equal(0);
  });
}).timeout(60_000);

describe('a schedule', () => {
  it('is never more than a second from the next second', () => {
    expect(cronSchedule('* * * * * *')()).to.be.within(0, 1000);
  });

  it('is never more than a minute from the thirtieth second of a minute', () => {
    expect(cronSchedule('30 * * * * *')()).to.be.within(0, 60_000);
  });
}).timeout(60_000);

async function whileSweeping(options: SweeperOptions, act: () => Promise<void>): Promise<void> {
  const sweeper = startSweeper(options);
  try {
    await act();
  } finally {
    await sweeper[Symbol.asyncDispose]();
  }
}
