import { exitStatusOfCode } from '@patchbay/objects';

import type { ProcessEvents } from './signals.js';

/** Runs a command's work with a signal that Ctrl-C (SIGINT) aborts. A second Ctrl-C exits with status 130 at once. */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  events: ProcessEvents = process,
): Promise<T> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    if (interrupted.signal.aborted) {
      events.exit(exitStatusOfCode.CANCELLED);
    }
    interrupted.abort();
  };
  events.on('SIGINT', interrupt);
  try {
    return await work(interrupted.signal);
  } finally {
    events.off('SIGINT', interrupt);
  }
}
