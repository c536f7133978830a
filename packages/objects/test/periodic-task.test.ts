import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';

import { backoffMs, PeriodicTask, type PeriodicTaskOptions } from '@patchbay/objects';
import { FakeClock } from '@patchbay/objects/testing';

describe('periodic task', () => {
  let clock: FakeClock;
  /** The start of each run, in the clock's milliseconds. */
  let runs: number[];
  const tasks: PeriodicTask[] = [];

  beforeEach(() => {
    clock = new FakeClock();
    runs = [];
  });

  afterEach(async () => {
    const closing = tasks.splice(0).map((task) => task.close());
    await clock.advance(1_000);
    await Promise.all(closing);
  });

  /** Starts a task that records the start of each run. */
  function start(
    run: (signal: AbortSignal) => number | undefined | Promise<number | undefined>,
    options: Partial<PeriodicTaskOptions> = {},
  ): PeriodicTask {
    const task = PeriodicTask.start({
      clock,
      run: async (signal) => {
        runs.push(clock.monotonicMs());
        return await run(signal);
      },
      ...options,
    });
    tasks.push(task);
    return task;
  }

  it('runs at once, and again after the time that a run returned', async () => {
    start(() => 100 * runs.length);
    await clock.advance(600);
    deepStrictEqual(runs, [0, 100, 300, 600]);
  });

  it('begins its first run after start has returned', async () => {
    let task: PeriodicTask | undefined = undefined;
    let seen: PeriodicTask | undefined;
    const started = start(() => {
      seen = task;
      return 100;
    });
    task = started;
    await clock.advance(0);
    strictEqual(seen, started);
  });

  it('waits before the first run if asked to', async () => {
    start(() => 100, { delayMs: 30 });
    await clock.advance(130);
    deepStrictEqual(runs, [30, 130]);
  });

  it('counts the wait from the end of a run', async () => {
    start(async () => {
      await clock.sleep(50);
      return 100;
    });
    await clock.advance(200);
    deepStrictEqual(runs, [0, 150]);
  });

  it('runs early when it is woken, and waits the full time from there', async () => {
    const task = start(() => 100);
    await clock.advance(30);
    await task.wake();
    await clock.advance(100);
    deepStrictEqual(runs, [0, 30, 130]);
  });

  it('does not wait for its first run when it is woken before', async () => {
    const task = start(() => 100, { delayMs: 1_000 });
    await task.wake();
    deepStrictEqual(runs, [0]);
  });

  it('runs once more when it is woken during a run, however often, and never twice at once', async () => {
    let running = 0;
    const task = start(async () => {
      strictEqual(++running, 1);
      await clock.sleep(10);
      running--;
      return 100;
    });
    await clock.advance(5);
    const woken = Promise.all([task.wake(), task.wake()]);
    await clock.advance(50);
    await woken;
    deepStrictEqual(runs, [0, 10]);
  });

  it('fulfils a wake-up only after a run that began later', async () => {
    let woken = false;
    const task = start(async () => {
      await clock.sleep(10);
      return 100;
    });
    await clock.advance(5);
    const waking = task.wake().then(() => (woken = true));
    await clock.advance(10);
    strictEqual(woken, false);
    await clock.advance(5);
    await waking;
  });

  it('sleeps until it is woken after a run that returned undefined', async () => {
    const task = start(() => undefined);
    await clock.advance(1_000_000);
    strictEqual(clock.sleepers, 0);
    await task.wake();
    deepStrictEqual(runs, [0, 1_000_000]);
  });

  it('asks how long to wait after each failure in a row', async () => {
    const told: unknown[] = [];
    start(
      () => {
        if (runs.length === 3) {
          return 1_000;
        }
        throw new Error(`run ${String(runs.length)}`);
      },
      {
        onFailure: (error, failures) => {
          told.push([(error as Error).message, failures]);
          return backoffMs({ firstMs: 10, maxMs: 60 }, failures);
        },
      },
    );
    await clock.advance(1_030);
    deepStrictEqual(runs, [0, 10, 30, 1_030]);
    deepStrictEqual(told, [
      ['run 1', 1],
      ['run 2', 2],
      ['run 4', 1],
    ]);
  });

  it('fulfils a wake-up even if the run failed', async () => {
    const task = start(
      () => {
        throw new Error('no');
      },
      { onFailure: () => 100 },
    );
    await task.wake();
    deepStrictEqual(runs, [0]);
  });

  it('ends with a failure if there is no handler', async () => {
    const task = start(() => Promise.reject(new Error('broken')));
    const waking = task.wake();
    await rejects(task.ended, new Error('broken'));
    await waking;
    strictEqual(task.isClosed, true);
    await task.wake();
    await task.close();
    deepStrictEqual(runs, [0]);
  });

  it('ends with the error that the failure handler throws', async () => {
    const task = start(() => Promise.reject(new Error('broken')), {
      onFailure: (error) => {
        throw error;
      },
    });
    await rejects(task.ended, new Error('broken'));
  });

  it('aborts the signal of the current run and waits for it when closed', async () => {
    let ended = false;
    const task = start(async (signal) => {
      await clock.sleep(10);
      ok(signal.aborted);
      ended = true;
      return 100;
    });
    await clock.advance(5);
    const closing = task.close();
    await clock.advance(5);
    await closing;
    ok(ended);
    strictEqual(clock.sleepers, 0);
    await task.ended;
  });

  it('does not report the failure of a run that close interrupted', async () => {
    const task = start(
      async (signal) => {
        await clock.sleep(100, { signal });
        return 100;
      },
      {
        onFailure: () => {
          throw new Error('told');
        },
      },
    );
    await clock.advance(5);
    await task.close();
    await task.ended;
  });

  it('fulfils wake-ups without a run once it is closed', async () => {
    const task = start(async (signal) => {
      await clock.sleep(100, { signal });
      return 100;
    });
    await clock.advance(5);
    const waking = task.wake();
    await task.close();
    await waking;
    await task.wake();
    deepStrictEqual(runs, [0]);
  });

  it('can be closed by a run of its own', async () => {
    const task = start(() => {
      void task.close();
      return 100;
    });
    await task.ended;
    strictEqual(clock.sleepers, 0);
  });

  it('closes when its signal aborts', async () => {
    const controller = new AbortController();
    const task = start(() => 100, { signal: controller.signal });
    await clock.advance(5);
    controller.abort();
    await task.ended;
    strictEqual(task.isClosed, true);
  });

  it('never runs if its signal is already aborted', async () => {
    const task = start(() => 100, { signal: AbortSignal.abort() });
    await task.ended;
    deepStrictEqual(runs, []);
  });

  for (const background of [true, false]) {
    it(`${background ? 'lets' : 'does not let'} the process end while it waits`, async () => {
      const asked: unknown[] = [];
      const task = PeriodicTask.start({
        clock: {
          now: () => 0,
          monotonicMs: () => 0,
          sleep: (ms, options) => {
            asked.push(options?.background);
            return clock.sleep(ms, options);
          },
        },
        run: () => Promise.resolve(100),
        background,
      });
      await clock.advance(0);
      await task.close();
      deepStrictEqual(asked, [background]);
    });
  }
});

describe('back-off', () => {
  it('doubles up to its longest wait', () => {
    const waits = [1, 2, 3, 4, 5, 2_000].map((failures) =>
      backoffMs({ firstMs: 250, maxMs: 1_500 }, failures),
    );
    deepStrictEqual(waits, [250, 500, 1_000, 1_500, 1_500, 1_500]);
  });

  it('randomizes the waits if asked to', () => {
    const waits = Array.from({ length: 200 }, () =>
      backoffMs({ firstMs: 100, maxMs: 1_000, jitter: true }, 2),
    );
    ok(waits.every((ms) => ms >= 100 && ms <= 300));
    ok(new Set(waits).size > 100);
  });
});
