import { expect } from 'chai';

import { isRpcError, type SignaturesOf } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';

import { TestCluster } from '../cluster.js';
import type { example } from '../fixtures/example.js';
import { Keeper } from './keeper.js';

type Storage = SignaturesOf<typeof example>;

describe('A job of a program', () => {
  let keeper: Keeper;
  let cluster: TestCluster;
  let server: AsyncDisposable;

  beforeEach(async () => {
    keeper = new Keeper();
    cluster = await TestCluster.start();
    server = await cluster.serve({ jobs: keeper.definition }, { id: 'keeper', drainMs: 10 });
  });
  afterEach(() => cluster[Symbol.asyncDispose]());

  /** Starts the server anew, as after a crash. */
  async function restart(): Promise<void> {
    await server[Symbol.asyncDispose]();
    server = await cluster.serve({ jobs: keeper.definition }, { id: 'keeper', drainMs: 10 });
  }

  it('has its id at once, is submitted with its policy and reason, and returns what its call did', async () => {
    const jobs = cluster.client().jobs({ retries: 3, reason: 'T-1' });
    const job = jobs.proxy<Storage>('storage').provision('node7', 'ubuntu', { sizeBytes: 1 });
    expect(job.id).to.match(/^[0-9a-z]{16}$/);
    expect(await job).to.deep.equal({ id: job.id, kind: 'job', state: 'queued' });
    const { args, policy, comment } = await job.show();
    expect([args, policy, comment]).to.deep.equal([
      ['node7', 'ubuntu', { sizeBytes: 1 }],
      { retries: 3 },
      'T-1',
    ]);
    const result = job.result();
    keeper.start(job.id);
    keeper.finish(job.id, { state: 'succeeded', result: { node: 'node7', sizeBytes: 1 } });
    expect((await result).node).to.equal('node7');
  });

  const ends: readonly (readonly [what: string, end: (id: string) => void, reason: string])[] = [
    [
      "its call's own error",
      (id) => {
        keeper.finish(id, {
          state: 'failed',
          code: 'NOT_FOUND',
          reason: 'IMAGE_NOT_FOUND',
          message: 'no image',
          details: { a: 1 },
        });
      },
      'IMAGE_NOT_FOUND',
    ],
    [
      'that it expired',
      (id) => {
        keeper.finish(id, { state: 'expired' });
      },
      'JOB_EXPIRED',
    ],
    [
      'that it was interrupted',
      (id) => {
        keeper.finish(id, { state: 'interrupted' });
      },
      'JOB_INTERRUPTED',
    ],
    [
      'that it is lost',
      (id) => {
        keeper.lose(id);
      },
      'JOB_LOST',
    ],
  ];
  for (const [what, end, reason] of ends) {
    it(`throws ${what}`, async () => {
      const job = cluster.client().jobs().proxy<Storage>('storage').provision('node7', 'ubuntu');
      await job;
      end(job.id);
      const error = await refusal(job.result());
      expect(error.reason).to.equal(reason);
      expect(error.details).to.include({ job: job.id, ...(reason === 'IMAGE_NOT_FOUND' && { a: 1 }) });
    });
  }

  it('is cancelled, and says by whom', async () => {
    const job = cluster.client().jobs().proxy<Storage>('storage').provision('node7', 'ubuntu');
    expect(await job.cancel()).to.equal('cancelled');
    const error = await refusal(job.result());
    expect([error.code, error.message]).to.deep.equal([
      'CANCELLED',
      `job ${job.id}, storage.provision, was cancelled by user:alice`,
    ]);
  });

  it('is followed by another program, and when its server starts anew, with nothing lost or twice', async () => {
    const { id } = await cluster.client().jobs().proxy<Storage>('storage').provision('node7', 'ubuntu');
    const job = cluster.client().jobs().job(id);
    const texts: string[] = [];
    const read = (async () => {
      for await (const { bytes } of job.output()) {
        texts.push(Buffer.from(bytes).toString());
      }
    })();
    const result = job.result();
    for (let line = 0; line < 3; line++) {
      keeper.write(id, 'out', `line ${String(line)}\n`);
      await eventually(() => texts.length === line + 1);
      await restart();
    }
    keeper.finish(id, { state: 'succeeded', result: 'done' });
    await read;
    expect(texts).to.deep.equal(['line 0\n', 'line 1\n', 'line 2\n']);
    expect(await result).to.equal('done');
  });

  it('is one job when the receipt is lost', async () => {
    keeper.losesReceipt = true;
    const job = cluster.client().jobs().proxy<Storage>('storage').provision('node7', 'ubuntu');
    await job;
    expect([keeper.submitted, [...keeper.jobs.keys()]]).to.deep.equal([2, [job.id]]);
  });

  it('takes no streams and functions, and says which argument is one', async () => {
    const jobs = cluster.client().jobs().proxy<Storage>('storage') as unknown as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    const stream = new Blob(['x']).stream();
    const error = await refusal(jobs.put?.('a', { within: [stream] }) ?? Promise.resolve());
    expect([error.reason, error.details.path]).to.deep.equal(['JOB_ARGUMENT_LIVE', '1.within.0']);
    expect((await refusal(jobs.put?.(() => 1) ?? Promise.resolve())).reason).to.equal('JOB_ARGUMENT_LIVE');
    expect(keeper.submitted).to.equal(0);
  });

  it('of several hosts returns the result of each', async () => {
    const run = cluster
      .client()
      .jobs({ on: 'web-1,web-2' })
      .proxy<Storage>('storage')
      .provision('node7', 'ubuntu');
    await run;
    const states: string[] = [];
    const watched = (async () => {
      for await (const { tally } of run.watch()) {
        states.push(Object.keys(tally).join());
      }
    })();
    for (const host of ['web-1', 'web-2']) {
      keeper.finish(`${run.id}@${host}`, { state: 'succeeded', result: { node: host, sizeBytes: 1 } });
    }
    expect((await run.result()).map(({ host, result }) => [host, result.node])).to.deep.equal([
      ['web-1', 'web-1'],
      ['web-2', 'web-2'],
    ]);
    await watched;
    expect(states.at(-1)).to.equal('succeeded');
  });

  it('of several hosts throws which of them failed, and why', async () => {
    const run = cluster
      .client()
      .jobs({ on: 'web-1,web-2' })
      .proxy<Storage>('storage')
      .provision('node7', 'ubuntu');
    await run;
    keeper.finish(`${run.id}@web-1`, { state: 'succeeded', result: null });
    keeper.finish(`${run.id}@web-2`, {
      state: 'failed',
      code: 'ABORTED',
      reason: 'SCRIPT_FAILED',
      message: 'm',
      exit: 3,
    });
    const error = await refusal(run.result());
    expect(isRpcError(error, 'PARTLY_FAILED') && error.details.failed).to.deep.equal([
      {
        host: 'web-2',
        job: `${run.id}@web-2`,
        state: 'failed',
        code: 'ABORTED',
        reason: 'SCRIPT_FAILED',
        message: 'm',
        exit: 3,
      },
    ]);
    expect(error.message).to.contain('1 of 2 hosts: web-2 (failed SCRIPT_FAILED exit 3)');
  });
});
