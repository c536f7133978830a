import { type Clock, type Log } from '@patchbay/objects';

import { type Registry } from './registry.js';
import { cronSchedule, type Schedule } from './schedule.js';

/** How many revisions of history a watcher may be behind before it has to list again. */
const defaultKeepRevisions = 10_000;

/** What a sweeper works on, and when. */
export interface SweeperOptions {
  readonly registry: Pick<Registry, 'sweep' | 'compact'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How many revisions of history are kept. Default: 10,000. */
  readonly keepRevisions?: number;
  /** When leases are swept. Default: every second. */
  readonly sweeps?: Schedule;
  /** When old history is forgotten. Default: every minute. */
  readonly compactions?: Schedule;
}

/**
 * Starts to end the leases that have passed and to forget old history, until it is disposed of. What fails is logged
 * and tried again the next time.
 */
export function startSweeper(options: SweeperOptions): AsyncDisposable {
  const { registry, log, keepRevisions = defaultKeepRevisions } = options;
  const stop = new AbortController();
  const sweep = async (): Promise<void> => {
    const ended = await registry.sweep();
    if (ended > 0) {
      log.info('leases ended without being kept alive', { leases: ended });
    }
  };
  const loops = [
    repeat('sweep', options.sweeps ?? cronSchedule('* * * * * *'), sweep, options, stop.signal),
    repeat(
      'compact',
      options.compactions ?? cronSchedule('30 * * * * *'),
      () => registry.compact(keepRevisions),
      options,
      stop.signal,
    ),
  ];
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(loops);
    },
  };
}

/** Runs a task at each time of a schedule, one run after the other, until the signal aborts. */
async function repeat(
  name: string,
  schedule: Schedule,
  task: () => Promise<void>,
  { clock, log }: Pick<SweeperOptions, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  while (await slept(clock, schedule(), signal)) {
    try {
      await task();
    } catch (error) {
      log.error('the sweeper failed and tries again the next time', { task: name, error });
    }
  }
}

/** Waits; says whether it was to the end, and not cut short by the signal. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) {
      return false;
    }
    throw error;
  }
}
