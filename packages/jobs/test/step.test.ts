import { expect } from 'chai';
import fc from 'fast-check';

import { isFinalJobState, isRpcError, type JobState, jobStates } from '@patchbay/objects';

import { lostAfterMs } from '../src/due.js';
import { newJob } from '../src/queue/new-job.js';
import type { JobRecord } from '../src/records/tables.js';
import { type JobEvent, step } from '../src/step.js';
import type { AttemptOutcome } from '../src/worker-protocol.js';
import { someCall } from './testing.js';

const startMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const worker = 'host:web-1';

const fresh = (more: Partial<JobRecord> = {}): JobRecord => ({
  ...newJob(someCall('j1', { queue: worker }), 1, startMs),
  ...more,
});

/** A job in each state, as it came there. */
const inState: Record<JobState, () => JobRecord> = {
  waiting: () => fresh({ state: 'waiting', readyAtMs: startMs + 1_000 }),
  queued: () => fresh(),
  claimed: () => after(fresh(), { type: 'claim', worker }),
  running: () => after(inState.claimed(), { type: 'start', worker, attempt: 1 }),
  lost: () => after(inState.running(), { type: 'lease-ended', worker }),
  succeeded: () => after(inState.running(), finish({ state: 'succeeded', result: 'done' })),
  failed: () => after(inState.running(), finish({ state: 'failed', code: 'INTERNAL' })),
  cancelled: () => after(fresh(), { type: 'cancel', by: 'user:alice' }),
  expired: () => after(fresh(), { type: 'due' }, startMs + 8 * dayMs),
  interrupted: () => after(inState.running(), { type: 'forgotten', worker }),
};

function after(job: JobRecord, event: JobEvent, nowMs = startMs): JobRecord {
  const next = step(job, event, nowMs);
  if (isRpcError(next)) {
    throw next;
  }
  return next;
}

function refusalOf(job: JobRecord, event: JobEvent): string | undefined {
  const next = step(job, event, startMs);
  return isRpcError(next) ? next.reason : undefined;
}

function finish(outcome: AttemptOutcome, attempt = 1): JobEvent {
  return { type: 'finish', worker, attempt, outcome };
}

describe('The table of states', () => {
  const idempotent = { idempotent: true };
  const retries = { policy: { retries: 2 } };
  const rows: [
    from: string,
    on: string,
    job: () => JobRecord,
    event: JobEvent,
    atMs: number,
    to: JobState,
  ][] = [
    ['waiting', 'its time', inState.waiting, { type: 'due' }, startMs + 1_000, 'queued'],
    [
      'waiting',
      'a place in its run',
      () => fresh({ state: 'waiting', isGated: true }),
      { type: 'admit' },
      startMs,
      'queued',
    ],
    ['waiting', '`expires` passes', inState.waiting, { type: 'due' }, startMs + 7 * dayMs, 'expired'],
    ['waiting', 'cancel', inState.waiting, { type: 'cancel', by: 'user:bob' }, startMs, 'cancelled'],
    ['queued', '`expires` passes', inState.queued, { type: 'due' }, startMs + 7 * dayMs, 'expired'],
    ['queued', 'cancel', inState.queued, { type: 'cancel', by: 'user:bob' }, startMs, 'cancelled'],
    [
      'queued',
      '`next` of a worker with a free slot',
      inState.queued,
      { type: 'claim', worker },
      startMs,
      'claimed',
    ],
    ['claimed', '`start`', inState.claimed, { type: 'start', worker, attempt: 1 }, startMs, 'running'],
    ['claimed', 'lease ended', inState.claimed, { type: 'lease-ended', worker }, startMs, 'queued'],
    [
      'claimed',
      'the worker does not know it',
      inState.claimed,
      { type: 'forgotten', worker },
      startMs,
      'queued',
    ],
    ['claimed', 'cancel', inState.claimed, { type: 'cancel', by: 'user:bob' }, startMs, 'cancelled'],
    ['running', '`finish`: succeeded', inState.running, finish({ state: 'succeeded' }), startMs, 'succeeded'],
    [
      'running',
      '`finish`: failed',
      inState.running,
      finish({ state: 'failed', code: 'UNAVAILABLE' }),
      startMs,
      'failed',
    ],
    ['running', '`finish`: cancelled', inState.running, finish({ state: 'cancelled' }), startMs, 'cancelled'],
    [
      'running',
      '`finish`: failed, and the policy retries',
      () => ({ ...inState.running(), ...retries }),
      finish({ state: 'failed', code: 'UNAVAILABLE' }),
      startMs,
      'waiting',
    ],
    ['running', 'lease ended', inState.running, { type: 'lease-ended', worker }, startMs, 'lost'],
    [
      'lost',
      'the worker is back and holds it',
      inState.lost,
      { type: 'hold', worker, attempt: 1 },
      startMs,
      'running',
    ],
    [
      'lost',
      'the worker is back with a result of this attempt',
      inState.lost,
      finish({ state: 'succeeded', result: 'late' }),
      startMs,
      'succeeded',
    ],
    [
      'lost',
      'the worker is back, its journal says begun, and the process is gone',
      inState.lost,
      finish({ state: 'interrupted' }),
      startMs,
      'interrupted',
    ],
    [
      'lost',
      'the same, of an idempotent method',
      () => ({ ...inState.lost(), ...idempotent }),
      finish({ state: 'interrupted' }),
      startMs,
      'waiting',
    ],
    [
      'lost',
      '`lost-after` of an idempotent method that another worker may make',
      () => ({ ...inState.lost(), ...idempotent, queue: 'object:disks' }),
      { type: 'due' },
      startMs + lostAfterMs.repeatable,
      'waiting',
    ],
    ['lost', '`lost-after`', inState.lost, { type: 'due' }, startMs + lostAfterMs.other, 'interrupted'],
  ];
  for (const [from, on, job, event, atMs, to] of rows) {
    it(`${from}, on ${on}, is ${to}`, () => {
      const before = job();
      expect(before.state).to.equal(from);
      expect(after(before, event, atMs).state).to.equal(to);
    });
  }

  it('counts an attempt at each claim', () => {
    expect(inState.claimed().attempt).to.equal(1);
    const again = after(inState.claimed(), { type: 'lease-ended', worker });
    expect(after(again, { type: 'claim', worker }).attempt).to.equal(2);
  });

  it('leaves a job alone whose time has not come', () => {
    for (const state of ['waiting', 'queued', 'running', 'lost'] as const) {
      const job = inState[state]();
      expect(step(job, { type: 'due' }, startMs)).to.equal(job);
    }
  });
});

describe('Cancelling', () => {
  it('is a mark while a worker has it, and the outcome names who', () => {
    for (const state of ['running', 'lost'] as const) {
      const marked = after(inState[state](), { type: 'cancel', by: 'user:bob' });
      expect([marked.state, marked.cancelledBy]).to.deep.equal([state, 'user:bob']);
      const ended = after(marked, finish({ state: 'cancelled' }));
      expect([ended.state, ended.outcome?.by]).to.deep.equal(['cancelled', 'user:bob']);
    }
  });

  it('does not undo what had succeeded', () => {
    const marked = after(inState.running(), { type: 'cancel', by: 'user:bob' });
    expect(after(marked, finish({ state: 'succeeded' })).state).to.equal('succeeded');
  });

  it('keeps a failed attempt from being followed by another', () => {
    const job = { ...inState.running(), policy: { retries: 5 } };
    const marked = after(job, { type: 'cancel', by: 'user:bob' });
    expect(after(marked, finish({ state: 'failed', code: 'UNAVAILABLE' })).state).to.equal('failed');
  });
});

describe('Retrying', () => {
  const tryAgain = (job: JobRecord, code: AttemptOutcome['code']): string =>
    after({ ...inState.running(), ...job }, finish({ state: 'failed', ...(code && { code }) })).state;
  const rows: [code: NonNullable<AttemptOutcome['code']>, otherwise: JobState, idempotent: JobState][] = [
    ['UNAVAILABLE', 'waiting', 'waiting'],
    ['ABORTED', 'waiting', 'waiting'],
    ['RESOURCE_EXHAUSTED', 'waiting', 'waiting'],
    ['DEADLINE_EXCEEDED', 'failed', 'waiting'],
    ['INTERNAL', 'failed', 'failed'],
    ['INVALID_ARGUMENT', 'failed', 'failed'],
  ];
  for (const [code, otherwise, ifIdempotent] of rows) {
    it(`is ${otherwise} after ${code}, of an idempotent method ${ifIdempotent}`, () => {
      const job = { ...inState.running(), policy: { retries: 1 } };
      expect(tryAgain(job, code)).to.equal(otherwise);
      expect(tryAgain({ ...job, idempotent: true }, code)).to.equal(ifIdempotent);
    });
  }

  it('never follows INVALID_ARGUMENT, whatever the policy says', () => {
    const policy = { retries: 9, retryOn: ['INVALID_ARGUMENT' as const] };
    expect(tryAgain({ ...inState.running(), policy }, 'INVALID_ARGUMENT')).to.equal('failed');
  });

  it('waits twice as long each time, to 10 min, give or take a fifth', () => {
    for (const [failures, waitMs] of [
      [0, 5_000],
      [1, 10_000],
      [6, 320_000],
      [9, 600_000],
    ] as const) {
      const job = { ...inState.running(), policy: { retries: 100 }, failures };
      const { readyAtMs = 0 } = after(job, finish({ state: 'failed', code: 'UNAVAILABLE' }));
      expect(readyAtMs - startMs).to.be.within(waitMs * 0.8, waitMs * 1.2);
    }
  });

  it('makes whoever asks the caller, of the same job', () => {
    const again = after(inState.failed(), { type: 'retry', by: 'user:bob' });
    expect([again.state, again.caller, again.attempt]).to.deep.equal(['queued', 'user:bob', 1]);
    expect(again.outcome).to.equal(undefined);
  });

  it('refuses a job whose secrets are gone with SECRET_GONE', () => {
    const job = after(
      { ...fresh(), isSecret: true, secrets: { 'args[0]': 'sealed' } },
      { type: 'cancel', by: 'me' },
    );
    expect(job).to.not.have.property('secrets');
    expect(refusalOf(job, { type: 'retry', by: 'me' })).to.equal('SECRET_GONE');
  });
});

describe('A worker that is late', () => {
  it('is refused with ATTEMPT_STALE once its attempt went to another (windmill#9214, bull#308)', () => {
    const second = after(after(inState.claimed(), { type: 'lease-ended', worker }), {
      type: 'claim',
      worker,
    });
    expect(refusalOf(second, { type: 'start', worker, attempt: 1 })).to.equal('ATTEMPT_STALE');
    expect(after(second, { type: 'start', worker, attempt: 2 }).state).to.equal('running');
  });

  it("changes nothing by another worker's answer", () => {
    const event = {
      type: 'finish',
      worker: 'host:evil',
      attempt: 1,
      outcome: { state: 'succeeded' },
    } as const;
    expect(refusalOf(inState.running(), event)).to.equal('ATTEMPT_STALE');
  });

  it('may say the same outcome again, and no other', () => {
    const done = inState.succeeded();
    expect(step(done, finish({ state: 'succeeded', result: 'done' }), startMs)).to.equal(done);
    expect(refusalOf(done, finish({ state: 'failed', code: 'INTERNAL' }))).to.equal('ATTEMPT_STALE');
  });
});

describe('Any sequence of events', () => {
  const attempt = fc.integer({ min: 1, max: 4 });
  const someWorker = fc.constantFrom(worker, 'host:web-2');
  const outcome = fc.record({
    state: fc.constantFrom('succeeded', 'failed', 'cancelled', 'interrupted'),
    code: fc.constantFrom('UNAVAILABLE', 'INTERNAL', 'DEADLINE_EXCEEDED'),
  } as const);
  const event: fc.Arbitrary<JobEvent> = fc.oneof(
    fc.constantFrom({ type: 'due' } as const, { type: 'admit' } as const),
    fc.record({ type: fc.constant('claim' as const), worker: someWorker }),
    fc.record({ type: fc.constantFrom('start' as const, 'hold' as const), worker: someWorker, attempt }),
    fc.record({ type: fc.constantFrom('forgotten' as const, 'lease-ended' as const), worker: someWorker }),
    fc.record({ type: fc.constant('finish' as const), worker: someWorker, attempt, outcome }),
    fc.record({ type: fc.constantFrom('cancel' as const, 'resolve' as const), by: fc.constant('user:bob') }),
  );
  const later = fc.array(fc.tuple(event, fc.integer({ min: 0, max: dayMs })), { maxLength: 60 });
  const policy = fc.record({ retries: fc.integer({ min: 0, max: 3 }) });

  /** Runs events, and calls `look` with each change. */
  function run(
    job: JobRecord,
    events: readonly (readonly [JobEvent, number])[],
    look: (before: JobRecord, event: JobEvent, next: JobRecord) => void,
  ): JobRecord {
    let nowMs = startMs;
    for (const [each, passedMs] of events) {
      nowMs += passedMs;
      const next = step(job, each, nowMs);
      if (!isRpcError(next)) {
        look(job, each, next);
        job = next;
      }
    }
    return job;
  }

  it('leaves final states, and never lets the attempt fall', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...jobStates),
        policy,
        fc.boolean(),
        later,
        (state, given, idempotent, events) => {
          run({ ...inState[state](), policy: given, idempotent }, events, (before, _, next) => {
            expect(next.attempt).to.be.at.least(before.attempt);
            if (isFinalJobState(before.state)) {
              expect(next.state).to.equal(before.state);
              expect(next.outcome).to.deep.equal(before.outcome);
            }
          });
        },
      ),
    );
  });

  it('never begins a job twice that is not idempotent, unless a failure is followed by a retry that was asked for', () => {
    fc.assert(
      fc.property(policy, later, (given, events) => {
        let begun = 0;
        let retried = 0;
        run(fresh({ policy: given }), events, (before, each, next) => {
          begun += before.state === 'claimed' && next.state === 'running' ? 1 : 0;
          retried += each.type === 'finish' && next.state === 'waiting' && before.state !== 'waiting' ? 1 : 0;
        });
        expect(begun).to.be.at.most(1 + retried);
        expect(retried).to.be.at.most(given.retries);
      }),
    );
  });

  it('accepts the outcome of an attempt once', () => {
    fc.assert(
      fc.property(policy, fc.boolean(), later, (given, idempotent, events) => {
        const accepted = new Set<number>();
        run(fresh({ policy: given, idempotent }), events, (before, each, next) => {
          if (each.type === 'finish' && next !== before) {
            expect(accepted.has(each.attempt)).to.equal(false);
            accepted.add(each.attempt);
          }
        });
      }),
    );
  });
});
