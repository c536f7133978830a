import { type Clock, type Log } from '@patchbay/core';

/**
 * Does the work every `everyMs` milliseconds, counted from the end of the last time, until the signal aborts;
 * then it fulfils. A failure is logged and does not end it.
 */
export async function repeat(
  work: () => Promise<unknown>,
  everyMs: number,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(everyMs, { signal });
    } catch {
      // Only the signal ends a sleep early.
      return;
    }
    try {
      await work();
    } catch (error) {
      log.error('scheduled work failed', { error });
    }
  }
}
