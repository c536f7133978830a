import { type JobState, silentLog } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import type { NewRun } from '../../src/runs/new-run.js';
import { Runs } from '../../src/runs/runs.js';
import { cells, intents, runs as runTable } from '../../src/runs/tables.js';
import type { AttemptOutcome } from '../../src/worker-protocol.js';
import { TestQueue } from '../testing.js';

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `h${String(n)}`);

const someRun = (hosts: readonly string[], more: Partial<NewRun> = {}): NewRun => ({
  id: 'r1',
  selector: '*',
  hosts,
  object: 'disks',
  method: 'check',
  args: ['sda'],
  policy: {},
  idempotent: false,
  access: 'operate',
  caller: 'user:alice',
  ...more,
});

describe('A run', () => {
  let test: TestQueue;
  let runs: Runs;
  const away = new Set<string>();

  async function open(): Promise<void> {
    runs = await Runs.open({ queue: test.queue, log: silentLog, isOnline: (host) => !away.has(host) });
  }

  beforeEach(async () => {
    away.clear();
    test = await TestQueue.open();
    await open();
  });
  afterEach(async () => {
    await runs[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  async function restart(): Promise<void> {
    await runs[Symbol.asyncDispose]();
    await test.restart();
    await open();
  }

  /** Makes the job of a host, as its agent would. */
  async function work(
    host: string,
    outcome: AttemptOutcome = { state: 'succeeded', result: 1 },
  ): Promise<void> {
    const worker = `host:${host}`;
    const [job] = await test.queue.claim(worker, worker, 1);
    if (job === undefined) {
      throw new Error(`nothing is queued for ${host}`);
    }
    const { id, attempt } = job;
    await test.queue.apply(id, { type: 'start', worker, attempt });
    await test.queue.apply(id, { type: 'finish', worker, attempt, outcome });
  }

  const failed: AttemptOutcome = { state: 'failed', code: 'ABORTED', reason: 'SCRIPT_FAILED', exit: 3 };

  async function tally(id = 'r1'): Promise<Partial<Record<JobState, number>>> {
    return (await runs.show(id)).tally;
  }

  async function hostsIn(state: JobState): Promise<string[]> {
    const { hosts } = await runs.show('r1');
    return hosts.filter((each) => each.state === state).map(({ host }) => host);
  }

  it('has a job for each host, and ends with the last', async () => {
    await runs.submit(someRun(names(3)));
    expect(await tally()).to.deep.equal({ queued: 3 });
    await work('h0');
    await work('h2', failed);
    await work('h1');
    await restart();
    const view = await runs.show('r1');
    expect(view.tally).to.deep.equal({ succeeded: 2, failed: 1 });
    expect(view.finishedAtMs).to.equal(test.clock.now());
    expect(view.hosts[2]).to.deep.equal({
      ...{ host: 'h2', job: 'r1.h2', state: 'failed', online: true },
      ...{ code: 'ABORTED', reason: 'SCRIPT_FAILED', exit: 3 },
    });
  });

  it('is the same under the same id, and another call is refused', async () => {
    await runs.submit(someRun(names(2)));
    await runs.submit(someRun(names(3)));
    expect((await runs.show('r1')).hosts).to.have.length(2);
    await refusal(runs.submit(someRun(names(2), { method: 'wipe' })), 'JOB_EXISTS');
  });

  it('takes arguments that differ from host to host', async () => {
    await runs.submit(someRun(names(2), { hostArgs: new Map([['h1', ['sdb']]]) }));
    expect((await test.queue.find('r1.h0')).args).to.deep.equal(['sda']);
    expect((await test.queue.find('r1.h1')).args).to.deep.equal(['sdb']);
  });

  it('that was cut short is finished when jobs starts again', async () => {
    await runs.submit(someRun(names(25), { hostArgs: new Map([['h24', ['sdz']]]) }));
    const entries = (await test.store.range({ prefix: '' })).entries.filter(({ key }) =>
      /r1[./]h(?!0$)/.test(key),
    );
    for (const { key } of entries) {
      await test.store.commit([], [{ delete: key }]);
    }
    const intent = JSON.stringify({ args: { h24: ['sdz'] } });
    await test.store.commit([], [{ put: `${intents.prefix}r1`, value: intent }]);
    await restart();
    await eventually(async () => {
      expect(await tally()).to.deep.equal({ queued: 25 });
    });
    expect((await test.queue.find('r1.h24')).args).to.deep.equal(['sdz']);
    await eventually(async () => {
      expect(await test.store.count(intents.prefix)).to.equal(0);
    });
  });

  it('of 1,000 hosts is made within 2 s, in commits of at most 100 operations', async function () {
    this.timeout(20_000);
    let largest = 0;
    const { store } = test;
    const commit = store.commit.bind(store);
    store.commit = (conditions, operations) => {
      largest = Math.max(largest, operations.length);
      return commit(conditions, operations);
    };
    const began = performance.now();
    let longest = 0;
    let last = began;
    const ticking = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await runs.submit(someRun(names(1_000)));
    const tookMs = performance.now() - began;
    const viewing = performance.now();
    expect(await tally()).to.deep.equal({ queued: 1_000 });
    expect(performance.now() - viewing).to.be.below(1_000);
    clearInterval(ticking);
    expect(tookMs).to.be.below(2_000);
    expect(largest).to.be.at.most(100);
    expect(longest).to.be.below(400);
    await restart();
    expect(await tally()).to.deep.equal({ queued: 1_000 });
  });

  describe('at-once', () => {
    it('begins on as many hosts, and on another when one has ended', async () => {
      await runs.submit(someRun(names(5), { policy: { atOnce: '2' } }));
      expect(await tally()).to.deep.equal({ queued: 2, waiting: 3 });
      await work('h0');
      await eventually(async () => {
        expect(await hostsIn('queued')).to.deep.equal(['h1', 'h2']);
      });
      await restart();
      await work('h1', failed);
      await eventually(async () => {
        expect(await hostsIn('queued')).to.deep.equal(['h2', 'h3']);
      });
    });

    it('is a share of the hosts, of at least one', async () => {
      await runs.submit(someRun(names(25), { policy: { atOnce: '10%' } }));
      expect(await tally()).to.deep.equal({ queued: 2, waiting: 23 });
      await runs.submit(someRun(names(3), { id: 'r2', policy: { atOnce: '10%' } }));
      expect(await tally('r2')).to.deep.equal({ queued: 1, waiting: 2 });
    });

    it('gives no place to hosts that are away, until they are back', async () => {
      away.add('h0');
      await runs.submit(someRun(names(3), { policy: { atOnce: '1' } }));
      await work('h1');
      await eventually(() => work('h2'));
      expect(await tally()).to.deep.equal({ succeeded: 2, waiting: 1 });
      away.clear();
      runs.presenceChanged();
      await eventually(() => work('h0'));
      expect(await tally()).to.deep.equal({ succeeded: 3 });
    });
  });

  it('begins on no further host after stop-after failures, and what runs goes on', async () => {
    await runs.submit(someRun(names(4), { policy: { stopAfter: '50%' } }));
    const [held] = await test.queue.claim('host:h3', 'host:h3', 1);
    await test.queue.apply(held?.id ?? '', { type: 'start', worker: 'host:h3', attempt: 1 });
    await work('h0', failed);
    expect(await tally()).to.deep.equal({ failed: 1, queued: 2, running: 1 });
    await work('h1', failed);
    await eventually(async () => {
      expect(await tally()).to.deep.equal({ failed: 2, cancelled: 1, running: 1 });
    });
    expect((await test.queue.find('r1.h2')).outcome).to.include({ by: 'stop-after' });
  });

  // saltstack/salt#66249: a run hangs for ever when one target is away.
  it('ends on the other hosts while one is away, and expires there', async () => {
    away.add('h0');
    await runs.submit(someRun(names(3), { policy: { expiresMs: 60_000 } }));
    await work('h1');
    await work('h2');
    expect(await tally()).to.deep.equal({ succeeded: 2, queued: 1 });
    await test.clock.advance(60_000);
    await test.queue.apply('r1.h0', { type: 'due' });
    const view = await runs.show('r1');
    expect(view.tally).to.deep.equal({ succeeded: 2, expired: 1 });
    expect(view).to.have.property('finishedAtMs');
  });

  // rundeck/rundeck#7714, #1433: "retry failed" takes all hosts.
  it('is tried again only where it failed, expired or was interrupted', async () => {
    await runs.submit(someRun(names(4)));
    await work('h0');
    await work('h1', failed);
    await work('h2', { state: 'interrupted' });
    await refusal(runs.retry('none', 'user:bob', { all: false }), 'RUN_NOT_FOUND');
    await runs.retry('r1', 'user:bob', { all: false });
    expect(await tally()).to.deep.equal({ succeeded: 1, queued: 3 });
    expect(await test.queue.find('r1.h1')).to.include({ caller: 'user:bob', attempt: 1 });
    expect(await test.queue.find('r1.h3')).to.include({ caller: 'user:alice', attempt: 0 });
    await refusal(runs.retry('r1', 'user:bob', { all: false }), 'JOB_FINISHED');
    for (const host of ['h1', 'h2', 'h3']) {
      await work(host);
    }
    await runs.retry('r1', 'user:bob', { all: true });
    expect(await tally()).to.deep.equal({ queued: 4 });
  });

  it('keeps to at-once when it is tried again', async () => {
    await runs.submit(someRun(names(3), { policy: { atOnce: '1' } }));
    for (const host of names(3)) {
      await eventually(() => work(host, failed));
    }
    await restart();
    await runs.retry('r1', 'user:bob', { all: false });
    await eventually(async () => {
      expect(await tally()).to.deep.equal({ queued: 1, waiting: 2 });
    });
  });

  // rundeck/rundeck#6114: no retry after a kill; the filter is lost.
  it('that was cancelled keeps its selector and hosts, and can be tried again', async () => {
    await runs.submit(someRun(names(25), { selector: 'group=linux' }));
    await work('h0');
    expect((await runs.cancel('r1', 'user:bob')).tally).to.deep.equal({ succeeded: 1, cancelled: 24 });
    await refusal(runs.cancel('r1', 'user:bob'), 'JOB_FINISHED');
    await restart();
    expect(await runs.show('r1')).to.include({ selector: 'group=linux', cancelledBy: 'user:bob' });
    const view = await runs.retry('r1', 'user:bob', { all: true });
    expect(view.tally).to.deep.equal({ queued: 25 });
    expect(view).to.not.have.property('cancelledBy');
  });

  it('that was cancelled while its jobs were made, and jobs was killed, ends when it starts again', async () => {
    await runs.submit(someRun(names(3)));
    const { value = '' } = (await test.store.get(`${runTable.prefix}r1`)) ?? {};
    const record = { ...(JSON.parse(value) as object), cancelledBy: 'user:bob' };
    await test.store.commit([], [{ put: `${runTable.prefix}r1`, value: JSON.stringify(record) }]);
    await restart();
    await eventually(async () => {
      expect(await tally()).to.deep.equal({ cancelled: 3 });
    });
  });

  it('has failed on a host whose queue is full, and goes on on the others', async () => {
    await runs[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
    test = await TestQueue.open({ perQueue: 1, total: 100 });
    await open();
    await runs.submit(someRun(['h1'], { id: 'r0' }));
    await runs.submit(someRun(names(3)));
    const { hosts } = await runs.show('r1');
    expect(hosts[1]).to.deep.include({ host: 'h1', state: 'failed', reason: 'QUEUE_FULL' });
    expect(await tally()).to.deep.equal({ queued: 2, failed: 1 });
    await work('h1');
    await runs.retry('r1', 'user:alice', { all: false });
    expect(await tally()).to.deep.equal({ queued: 3 });
    expect(await test.store.count(cells.prefix)).to.equal(4);
  });

  it('is listed, the newest first, a page at a time', async () => {
    for (const id of ['a', 'b', 'c']) {
      await runs.submit(someRun(['h0'], { id }));
      await test.clock.advance(1_000);
    }
    const first = await runs.list(2);
    expect(first.runs.map(({ id }) => id)).to.deep.equal(['c', 'b']);
    const second = await runs.list(2, first.next);
    expect(second.runs.map(({ id }) => id)).to.deep.equal(['a']);
    expect(second).to.not.have.property('next');
  });
});
