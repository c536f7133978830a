import type { Clock } from '@patchbay/objects';

import type { ImportProgress } from '../volume-pool.js';

/** Reports the progress of a phase; `totalBytes` is remembered from earlier calls. */
export type ReportProgress = (doneBytes: number, totalBytes?: number) => void;

/** Returns a function that reports percents of a size as bytes. */
export function portionOf(totalBytes: number, report: ReportProgress): (percent: number) => void {
  return (percent) => {
    report(Math.floor((totalBytes * percent) / 100), totalBytes);
  };
}

const minimumGapMs = 100;

/**
 * Runs one phase of an import and yields its progress: at the start, at most ten times a second meanwhile, and at the
 * end. If the consumer stops early, it aborts the work and waits until the work has stopped.
 */
export async function* withProgress<T>(
  phase: ImportProgress['phase'],
  options: { readonly clock: Clock; readonly signal: AbortSignal },
  work: (report: ReportProgress, signal: AbortSignal) => Promise<T>,
): AsyncGenerator<ImportProgress, T, undefined> {
  const { clock, signal } = options;
  signal.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });

  const state = { latest: { phase, doneBytes: 0 } as ImportProgress, running: true, isDue: false };
  let wake = (): void => undefined;
  let yieldedAtMs = clock.monotonicMs();
  const report: ReportProgress = (doneBytes, totalBytes = state.latest.totalBytes) => {
    state.latest = { phase, doneBytes, totalBytes };
    state.isDue = clock.monotonicMs() - yieldedAtMs >= minimumGapMs;
    if (state.isDue) {
      wake();
    }
  };
  const result = work(report, controller.signal).finally(() => {
    state.running = false;
    wake();
  });
  const settled = result.then(
    () => true,
    () => false,
  );

  try {
    yield state.latest;
    while (state.running) {
      if (state.isDue) {
        state.isDue = false;
        yieldedAtMs = clock.monotonicMs();
        yield state.latest;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    const value = await result;
    yield state.latest;
    return value;
  } finally {
    signal.removeEventListener('abort', abort);
    controller.abort();
    await settled;
  }
}
