import { expect } from 'chai';

import type { Job } from './jobs.js';
import { runInLanes } from './lanes.js';

describe('The lanes of checks', () => {
  const job = (name: string, seconds: number, exclusive = false): Job => ({
    ...{ name, seconds, exclusive, argv: [], quick: false, isMocha: false },
  });

  /** Runs jobs; returns in which order they began, and how many ran at the most beside each. */
  async function run(jobs: readonly Job[], lanes: number): Promise<{ began: string[]; beside: number[] }> {
    const began: string[] = [];
    const beside: number[] = [];
    let running = 0;
    await runInLanes(jobs, lanes, async ({ name }) => {
      began.push(name);
      beside.push(running);
      running++;
      await Promise.resolve();
      running--;
    });
    return { began, beside };
  }

  it('begin with the longest jobs', async () => {
    const { began } = await run([job('short', 1), job('long', 9), job('middle', 5)], 1);
    expect(began).to.deep.equal(['long', 'middle', 'short']);
  });

  it('run as many jobs at once as there are lanes', async () => {
    const { beside } = await run(
      [1, 2, 3, 4, 5].map((seconds) => job(String(seconds), seconds)),
      2,
    );
    expect(Math.max(...beside)).to.equal(1);
  });

  it('run exclusive jobs last, with nothing beside them', async () => {
    const { began, beside } = await run(
      [job('alone', 9, true), job('a', 1), job('b', 1), job('also', 2, true)],
      2,
    );
    expect(began).to.deep.equal(['a', 'b', 'alone', 'also']);
    expect(beside.slice(2)).to.deep.equal([0, 0]);
  });
});
