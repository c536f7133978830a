import type { Clock } from '@patchbay/objects';

import { type Keepalive, turn, waitingParts } from './keepalive.js';

export interface LivenessOptions extends Keepalive {
  readonly clock: Clock;
  /** How long to wait before it is asked first, in milliseconds. Default: the interval. */
  readonly delayMs?: number;
  /** Asks the peer for a sign of life. */
  readonly ask: () => void;
  /** Returns how much has arrived from the peer: more than when it was asked is a sign of life. */
  readonly heard: () => number;
  /** Called once, when the peer has given no sign of life in time. */
  readonly onSilence: () => void;
}

/** Asks a peer for signs of life, until it gives none or the signal aborts. */
export function watchLiveness(options: LivenessOptions, signal: AbortSignal): void {
  watch(options, signal).catch(() => undefined); // aborted
}

async function watch(options: LivenessOptions, signal: AbortSignal): Promise<void> {
  const { clock, intervalMs, timeoutMs, ask, heard, onSilence } = options;
  /** How much had been heard when it was asked, unless it has answered. */
  let before: number | undefined;
  let silentMs = 0;
  for (let restMs = options.delayMs ?? intervalMs; ;) {
    const stepMs = before === undefined ? restMs : Math.min(restMs, timeoutMs / waitingParts);
    await clock.sleep(stepMs, { signal, background: true });
    await turn(); // what waits unread is read before the peer is judged
    signal.throwIfAborted();
    restMs -= stepMs;
    silentMs += stepMs; // however much longer this process was held up
    if (before !== undefined && heard() !== before) {
      before = undefined;
    } else if (before !== undefined && silentMs >= timeoutMs) {
      onSilence();
      return;
    }
    if (restMs <= 0) {
      if (before === undefined) {
        before = heard();
        silentMs = 0;
      }
      ask();
      restMs = intervalMs;
    }
  }
}
