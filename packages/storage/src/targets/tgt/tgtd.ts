import { type Clock, type Log } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { type TargetDaemon } from '../target-host.js';
import { type Daemon } from './daemon.js';
import { Gate } from './gate.js';
import { endTgtd, type LaunchContext, launchTgtd, prepareTgtdPaths, takeOverTgtd } from './launch.js';
import { checkPortal } from './portal.js';
import { Pulse, type PulseContext, type SilenceLimits } from './pulse.js';
import { isRunning } from './tgtd-process.js';

/** How often the daemon is looked after, in milliseconds. */
const watchMs = 200;
/** How long to wait before a start or a rebuild that failed is tried again, in milliseconds; it doubles. */
const backoffMs = { first: 250, most: 30_000 };

/** How long a daemon may be without an answer when nothing else is given. */
const defaultSilence: SilenceLimits = { degradedMs: 5000, restartMs: 30_000 };

export interface TgtdOptions {
  /** An absolute path; the daemon's socket and log are in a folder of it. */
  readonly stateDir: string;
  /** Which of the host's daemons it is, from 0. */
  readonly daemon: number;
  /** `host:port`, an IPv6 host in brackets. */
  readonly portal: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long an answer of the daemon may take, in milliseconds; 10 s when it is not given. */
  readonly answerTimeoutMs?: number | undefined;
  /** When a daemon without an answer counts as degraded, and is given up; 5 s and 30 s when it is not given. */
  readonly silence?: SilenceLimits | undefined;
}

/**
 * The life of a tgtd of our own: it is started when there is none, taken over when one lives, started again when
 * it dies, or lives and does not answer. An empty one is held back until `onRestart`'s callback has rebuilt what it shall serve, so that
 * initiators wait meanwhile instead of being told that their target does not exist.
 */
export class Tgtd {
  readonly #context: LaunchContext & PulseContext;
  #daemon: Daemon;
  readonly #service = new Gate();
  #heldBack: boolean;
  #rebuild: (() => Promise<void>) | undefined;
  #pulse: Pulse;
  #released = false;
  #nap = new AbortController();
  readonly #watching: Promise<void>;

  private constructor(context: LaunchContext & PulseContext, daemon: Daemon, heldBack: boolean) {
    this.#context = context;
    this.#daemon = daemon;
    this.#heldBack = heldBack;
    this.#pulse = new Pulse(context);
    if (!heldBack) {
      this.#service.open();
    }
    this.#watching = this.#watch();
  }

  /**
   * Starts or takes over the daemon.
   * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`, `CONFIG_INVALID`
   */
  static async start({ stateDir, daemon, ...options }: TgtdOptions): Promise<Tgtd> {
    checkPortal(options.portal);
    if (process.getuid?.() !== 0) {
      throw storageError(
        'TARGET_TOOL_UNAVAILABLE',
        'the iSCSI target daemon obeys root only; run this as root',
      );
    }
    const paths = await prepareTgtdPaths(stateDir, daemon);
    const context = { ...options, paths, silence: options.silence ?? defaultSilence };
    const running = await takeOverTgtd(context);
    if (running === undefined) {
      return new Tgtd(context, await launchTgtd(context), true);
    }
    // Whoever started it may have ended before it was rebuilt.
    return new Tgtd(context, running, (await running.tgtadm.systemState()) !== 'ready');
  }

  /** The daemon as it is now; another one after a restart. */
  get daemon(): Daemon {
    return this.#daemon;
  }

  get state(): TargetDaemon['state'] {
    return this.#pulse.isDegraded ? 'degraded' : this.#heldBack ? 'held-back' : 'ready';
  }

  /** Fulfils once the service is open: at once for a daemon that was taken over, else after the first rebuild. */
  onRestart(rebuild: () => Promise<void>): Promise<void> {
    this.#rebuild = rebuild;
    this.#nap.abort();
    return this.#service.passed();
  }

  /** Stops looking after the daemon, which goes on by itself. */
  async release(): Promise<void> {
    this.#released = true;
    this.#nap.abort();
    await this.#watching;
    this.#service.open();
  }

  /** Ends the daemon. Its targets should be gone, or it is killed with them. */
  async stop(): Promise<void> {
    await this.release();
    await endTgtd(this.#daemon.process, this.#context);
  }

  async #watch(): Promise<void> {
    let retryMs = backoffMs.first;
    while (!this.#released) {
      try {
        await this.#restore();
        retryMs = backoffMs.first;
        await this.#sleep(watchMs);
      } catch (error) {
        this.#context.log.error('The iSCSI targets are held back, as they could not be rebuilt', {
          error,
          retryMs,
        });
        await this.#sleep(retryMs);
        retryMs = Math.min(retryMs * 2, backoffMs.most);
      }
    }
  }

  async #restore(): Promise<void> {
    const { log } = this.#context;
    if (!(await isRunning(this.#daemon.process))) {
      log.error('The iSCSI target daemon died; another is started', { pid: this.#daemon.process.pid });
      await this.#replace();
    } else if (await this.#pulse.isLost(this.#daemon)) {
      log.error('The iSCSI target daemon stays without an answer; it is killed and another is started', {
        pid: this.#daemon.process.pid,
      });
      await endTgtd(this.#daemon.process, this.#context);
      await this.#replace();
    }
    if (this.#heldBack && this.#rebuild !== undefined) {
      await this.#rebuild();
      await this.#daemon.tgtadm.setSystemState('ready');
      this.#heldBack = false;
      this.#service.open();
      log.info('The iSCSI targets were rebuilt and are served');
    }
  }

  async #replace(): Promise<void> {
    this.#service.close();
    this.#heldBack = true;
    this.#daemon = await launchTgtd(this.#context);
    this.#pulse = new Pulse(this.#context);
  }

  /** Waits until the time has passed, or there is something to do. */
  async #sleep(ms: number): Promise<void> {
    if (this.#released) {
      return;
    }
    const { signal } = (this.#nap = new AbortController());
    await this.#context.clock.sleep(ms, { signal }).catch((error: unknown) => {
      if (!signal.aborted) {
        throw error;
      }
    });
  }
}
