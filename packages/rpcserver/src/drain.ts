import { type Clock, coreError, type Log, type RpcError } from '@patchbay/objects';

import { within } from './within.js';

/** How long methods that were cancelled may take to clean up, in milliseconds. */
const cleanUpMs = 2_000;

/** Calls that run: all of a server, or those of one of its objects. */
export interface RunningCalls {
  /** How many there are. */
  readonly running: number;
  /** Waits until none is left. */
  idle(): Promise<void>;
  cancel(error: RpcError): void;
}

/** Waits for calls that run: for as long as is set, and, when they were cancelled then, for their clean-up. */
export async function drain(
  calls: RunningCalls,
  why: string,
  { drainMs, clock, log }: { readonly drainMs: number; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  if (await within(drainMs, calls.idle(), clock)) {
    return;
  }
  log.warn('calls still run when the time to finish is over; cancelling them', { calls: calls.running });
  // Not SERVER_DRAINING, by which clients know that a call never began and may begin elsewhere.
  calls.cancel(coreError('SERVER_STOPPED', why));
  if (!(await within(cleanUpMs, calls.idle(), clock))) {
    log.error('methods go on although they are cancelled; stopping without them', { calls: calls.running });
  }
}
