import { expect } from 'chai';

import { FakeClock } from '@patchbay/objects/testing';

import { type ReportProgress, withProgress } from '../../../src/disks/import/progress.js';
import type { ImportProgress } from '../../../src/disks/volume-pool.js';
import { failureOf } from '../volume-pool-suite.js';

const signal = new AbortController().signal;

async function collect(
  work: (report: ReportProgress, clock: FakeClock) => Promise<unknown>,
): Promise<readonly ImportProgress[]> {
  const clock = new FakeClock();
  const steps: ImportProgress[] = [];
  for await (const step of withProgress('convert', { clock, signal }, (report) => work(report, clock))) {
    steps.push(step);
  }
  return steps;
}

describe('withProgress', () => {
  it('yields the start and the end of work that reports nothing', async () => {
    const steps = await collect(() => Promise.resolve());
    expect(steps.map(({ doneBytes }) => doneBytes)).to.deep.equal([0, 0]);
  });

  it('yields at most ten times a second, and always the last state', async () => {
    const steps = await collect(async (report, clock) => {
      for (let done = 1; done <= 1000; done += 1) {
        report(done, 1000);
        await clock.advance(1);
      }
    });
    expect(steps.length).to.be.within(9, 12);
    expect(steps.at(-1)).to.deep.equal({ phase: 'convert', doneBytes: 1000, totalBytes: 1000 });
  });

  it('remembers the total', async () => {
    const steps = await collect((report) => {
      report(1, 10);
      report(2);
      return Promise.resolve();
    });
    expect(steps.at(-1)).to.deep.equal({ phase: 'convert', doneBytes: 2, totalBytes: 10 });
  });

  it('returns what the work returns', async () => {
    const steps = withProgress('download', { clock: new FakeClock(), signal }, () => Promise.resolve('sum'));
    let next = await steps.next();
    while (next.done !== true) {
      next = await steps.next();
    }
    expect(next.value).to.equal('sum');
  });

  it('throws what the work throws', async () => {
    const broken = new Error('broken');
    expect(await failureOf(collect(() => Promise.reject(broken)))).to.equal(broken);
  });

  it('aborts the work when the consumer stops, and waits until it has stopped', async () => {
    let stopped = false;
    const steps = withProgress(
      'download',
      { clock: new FakeClock(), signal },
      (_report, cancelled) =>
        new Promise((_resolve, reject) => {
          cancelled.addEventListener('abort', () => {
            setImmediate(() => {
              stopped = true;
              reject(new Error('stopped'));
            });
          });
        }),
    );
    for await (const step of steps) {
      expect(step.doneBytes).to.equal(0);
      break;
    }
    expect(stopped).to.be.true;
  });

  it('passes the reason of its signal to the work', async () => {
    const controller = new AbortController();
    const reason = new Error('deadline');
    const steps = withProgress(
      'download',
      { clock: new FakeClock(), signal: controller.signal },
      (_report, cancelled) =>
        new Promise((_resolve, reject) => {
          cancelled.addEventListener('abort', () => {
            reject(cancelled.reason as Error);
          });
        }),
    );
    await steps.next();
    const next = steps.next();
    controller.abort(reason);
    expect(await failureOf(next)).to.equal(reason);
  });
});
