import { type Clock, coreError, type Log, type RpcError } from '@patchbay/objects';

/** How long cancelled methods may take to clean up, in milliseconds. */
const cleanUpMs = 2_000;

/** The calls in flight, of a server or of one of its objects. */
interface RunningCalls {
  /** Counts them. */
  running(): number;
  /** Waits until none is left. */
  idle(): Promise<void>;
  cancel(error: RpcError): void;
}

/** Waits `drainMs` for calls to finish, then cancels the rest with `why` and waits briefly for their clean-up. */
export async function drain(
  calls: RunningCalls,
  why: string,
  { drainMs, clock, log }: { readonly drainMs: number; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  if (await settlesWithin(drainMs, calls.idle(), clock)) {
    return;
  }
  log.warn('drain time is over; cancelling the calls that still run', { calls: calls.running() });
  // Not SERVER_DRAINING, which tells clients that the call never began and may be sent elsewhere.
  calls.cancel(coreError('SERVER_STOPPED', why));
  if (!(await settlesWithin(cleanUpMs, calls.idle(), clock))) {
    log.error('cancelled methods still run; stopping without them', { calls: calls.running() });
  }
}

/** Waits for work at most a time in milliseconds, and reports whether it was done. @throws Error of the work */
export async function settlesWithin(ms: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const done = new AbortController();
  const timeUp = clock.sleep(ms, { signal: done.signal }).then(
    () => false,
    () => true, // aborted below, as the work is done
  );
  try {
    return await Promise.race([work.then(() => true), timeUp]);
  } finally {
    done.abort();
  }
}
