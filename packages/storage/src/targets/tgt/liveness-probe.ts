import type { Daemon } from './daemon.js';
import type { LaunchContext } from './launch.js';
import { isRunning } from './tgtd-process.js';

/** How often a daemon is probed, in milliseconds. */
const probeMs = 1000;

/** How long a running daemon may fail to respond. */
export interface LivenessLimits {
  /** How long a probe waits for a response before the daemon counts as degraded, in milliseconds. */
  readonly degradedMs: number;
  /** How long without any response until the daemon is replaced, in milliseconds. */
  readonly restartMs: number;
}

/** What a probe needs. */
export interface LivenessContext extends Pick<LaunchContext, 'clock' | 'log'> {
  readonly liveness: LivenessLimits;
}

/** Probes whether a running daemon also responds: one that is stopped, or stuck in the kernel, does not. */
export class LivenessProbe {
  readonly #context: LivenessContext;
  #lastResponseMs: number;
  #isDegraded = false;

  constructor(context: LivenessContext) {
    this.#context = context;
    this.#lastResponseMs = context.clock.monotonicMs();
  }

  get isDegraded(): boolean {
    return this.#isDegraded;
  }

  /** Probes the daemon when a probe is due, and reports whether it has not responded for too long. */
  async isLost(daemon: Daemon): Promise<boolean> {
    const { clock, liveness } = this.#context;
    if (!this.#isDegraded && clock.monotonicMs() - this.#lastResponseMs < probeMs) {
      return false;
    }
    if (await daemon.socket.probe(liveness.degradedMs)) {
      this.#lastResponseMs = clock.monotonicMs();
      this.#setDegraded(false, daemon);
    } else if (await isRunning(daemon.process)) {
      this.#setDegraded(true, daemon);
    }
    return this.#isDegraded && clock.monotonicMs() - this.#lastResponseMs >= liveness.restartMs;
  }

  #setDegraded(isDegraded: boolean, { process: { pid } }: Daemon): void {
    if (isDegraded === this.#isDegraded) {
      return;
    }
    this.#isDegraded = isDegraded;
    const { log, liveness } = this.#context;
    if (isDegraded) {
      log.error('the iSCSI target daemon runs but does not respond: degraded', { pid, ...liveness });
    } else {
      log.info('the iSCSI target daemon responds again', { pid });
    }
  }
}
