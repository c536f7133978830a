import { type Clock, coreError } from '@patchbay/objects';

/** How a side finds out that the other one is gone, though the connection looks open. */
export interface Keepalive {
  /** How often to ask for a sign of life, in milliseconds, at least 100. */
  readonly intervalMs: number;
  /**
   * How long to wait for it before the connection is given up, in milliseconds, at least 100. The time in which this
   * process was stopped, or busy, does not count.
   */
  readonly timeoutMs: number;
}

/** Fills in the defaults. @throws RpcError `CONFIG_INVALID` for an invalid time */
export function keepaliveOf(given: Partial<Keepalive> = {}, defaults: Keepalive): Keepalive {
  const { intervalMs = defaults.intervalMs, timeoutMs = defaults.timeoutMs } = given;
  for (const [name, ms] of Object.entries({ intervalMs, timeoutMs })) {
    if (!(Number.isSafeInteger(ms) && ms >= 100)) {
      throw coreError(
        'CONFIG_INVALID',
        `keepalive.${name} must be an integer of at least 100, not ${String(ms)}`,
      );
    }
  }
  return { intervalMs, timeoutMs };
}

/** In how many parts a process waits, so that one in which it is held up does not use up the whole. */
export const waitingParts = 5;

/** Lets the event loop read what has arrived, and send what can be sent. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * Waits for so many milliseconds in which this process runs: a time in which it is stopped or busy counts as a fifth
 * of them at most. What had arrived by the end has been read.
 */
export async function sleepAwake(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  for (let part = 0; part < waitingParts; part++) {
    await clock.sleep(ms / waitingParts, { signal, background: true });
    await turn();
  }
}
