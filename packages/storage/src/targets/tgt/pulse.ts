import { type Clock, type Log } from '@patchbay/objects';

import { type Daemon } from './daemon.js';
import { isRunning } from './tgtd-process.js';

/** How often a daemon is asked for a sign of life, in milliseconds. */
const probeMs = 1000;

/** How long a daemon that lives may be without an answer. */
export interface SilenceLimits {
  /** For how long an answer is waited for before the daemon counts as degraded, in milliseconds. */
  readonly degradedMs: number;
  /** After how long without any answer it is given up, in milliseconds. */
  readonly restartMs: number;
}

/** What a pulse is felt with. */
export interface PulseContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly silence: SilenceLimits;
}

/** Feels whether a daemon that runs also answers: one that is stopped, or stuck in the kernel, does not. */
export class Pulse {
  readonly #context: PulseContext;
  #lastSignMs: number;
  #isDegraded = false;

  constructor(context: PulseContext) {
    this.#context = context;
    this.#lastSignMs = context.clock.monotonicMs();
  }

  get isDegraded(): boolean {
    return this.#isDegraded;
  }

  /** Asks the daemon when it is time to, and says whether it has been without an answer for too long. */
  async isLost(daemon: Daemon): Promise<boolean> {
    const { clock, silence } = this.#context;
    if (!this.#isDegraded && clock.monotonicMs() - this.#lastSignMs < probeMs) {
      return false;
    }
    if (await daemon.socket.probe(silence.degradedMs)) {
      this.#lastSignMs = clock.monotonicMs();
      this.#become(false, daemon);
    } else if (await isRunning(daemon.process)) {
      this.#become(true, daemon);
    }
    return this.#isDegraded && clock.monotonicMs() - this.#lastSignMs >= silence.restartMs;
  }

  #become(isDegraded: boolean, { process: { pid } }: Daemon): void {
    if (isDegraded === this.#isDegraded) {
      return;
    }
    this.#isDegraded = isDegraded;
    const { log, silence } = this.#context;
    if (isDegraded) {
      log.error('The iSCSI target daemon lives but does not answer: degraded', { pid, ...silence });
    } else {
      log.info('The iSCSI target daemon answers again', { pid });
    }
  }
}
