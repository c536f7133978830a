import { backoffMs, PeriodicTask } from '@patchbay/objects';

import { isUnwritable } from '../../disks/file/pool-error.js';
import { storageError } from '../../errors.js';
import type { TargetDaemon } from '../target-host.js';
import { adoptTgtd } from './adopt.js';
import { ControlSocket } from './control-socket.js';
import { connectDaemon, type Daemon } from './daemon.js';
import { endTgtd, type LaunchContext, launchTgtd, prepareTgtdPaths } from './launch.js';
import { type LivenessContext, type LivenessLimits, LivenessProbe } from './liveness-probe.js';
import { checkPortal } from './portal.js';
import { isRunning, noProcess } from './tgtd-process.js';

/** How often the daemon is checked, in milliseconds. */
const watchMs = 200;
/** How long to wait before a failed start or rebuild is retried. */
const retry = { firstMs: 250, maxMs: 30_000 };

const defaultLiveness: LivenessLimits = { degradedMs: 5000, restartMs: 30_000 };

/** How a daemon is supervised. */
export interface TgtdSupervisorOptions extends Omit<LaunchContext, 'paths'> {
  /** An absolute path of at most some 90 bytes, as the daemon's unix socket is in a directory of it. */
  readonly stateDir: string;
  /** The daemon's number on this host, from 0. */
  readonly daemon: number;
  /** When a daemon that does not respond counts as degraded, and when it is replaced; default: 5 s and 30 s. */
  readonly liveness?: LivenessLimits | undefined;
}

/**
 * Starts supervising a tgtd of our own: adopts the running one, or starts it.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`, `CONFIG_INVALID`
 */
export async function superviseTgtd(options: TgtdSupervisorOptions): Promise<TgtdSupervisor> {
  checkPortal(options.portal);
  if (process.getuid?.() !== 0) {
    throw storageError(
      'TARGET_TOOL_UNAVAILABLE',
      'the iSCSI target daemon accepts commands from root only; run this as root',
    );
  }
  const paths = prepareTgtdPaths(options.stateDir, options.daemon);
  const context = { ...options, paths, liveness: options.liveness ?? defaultLiveness };
  const running = await adoptTgtd(context);
  if (running === undefined) {
    return await launchSupervised(context);
  }
  // The process that started it may have exited before the daemon was rebuilt.
  return new TgtdSupervisor(context, running, (await running.tgtadm.systemState()) !== 'ready');
}

/** Starts a daemon; where its directory cannot be written, its supervisor does, as soon as it can be. */
async function launchSupervised(context: LaunchContext & LivenessContext): Promise<TgtdSupervisor> {
  try {
    return new TgtdSupervisor(context, await launchTgtd(context), true);
  } catch (error) {
    if (!isUnwritable(error)) {
      throw error;
    }
    context.log.error('the iSCSI target daemon cannot be started until the state directory can be written', {
      error,
    });
    const { socket } = context.paths;
    const none = connectDaemon(noProcess, new ControlSocket(socket, context.answerTimeoutMs), true);
    return new TgtdSupervisor(context, none, true, true);
  }
}

/**
 * Keeps a tgtd of our own running: restarts it when it exits, or stops responding. An empty one is held back until the
 * callback of `onRestart` has rebuilt its targets, so that initiators wait meanwhile instead of being told that their
 * target does not exist. Created by `superviseTgtd`.
 */
export class TgtdSupervisor implements AsyncDisposable {
  readonly #context: LaunchContext & LivenessContext;
  #daemon: Daemon;
  #heldBack: boolean;
  /** Whether callers of `onRestart` need not wait: the service is open, or supervision has ended. */
  #isOpen: boolean;
  readonly #waiting: (() => void)[] = [];
  #rebuild: (() => Promise<void>) | undefined;
  #probe: LivenessProbe;
  readonly #watching: PeriodicTask;

  /** @param isOpen whether nobody need wait for the daemon, as nothing tells when it can be started */
  constructor(
    context: LaunchContext & LivenessContext,
    daemon: Daemon,
    heldBack: boolean,
    isOpen = !heldBack,
  ) {
    this.#context = context;
    this.#daemon = daemon;
    this.#heldBack = heldBack;
    this.#isOpen = isOpen;
    this.#probe = new LivenessProbe(context);
    this.#watching = PeriodicTask.start({
      clock: context.clock,
      run: async () => {
        await this.#restore();
        return watchMs;
      },
      onFailure: (error, failures) => {
        const retryMs = backoffMs(retry, failures);
        context.log.error('the iSCSI targets could not be rebuilt and are held back', { error, retryMs });
        return retryMs;
      },
    });
  }

  /** The current daemon; another one after a restart. */
  get daemon(): Daemon {
    return this.#daemon;
  }

  get state(): TargetDaemon['state'] {
    return this.#probe.isDegraded ? 'degraded' : this.#heldBack ? 'held-back' : 'ready';
  }

  /** Resolves once the service is open: at once for a daemon that was adopted, else after the first rebuild. */
  onRestart(rebuild: () => Promise<void>): Promise<void> {
    this.#rebuild = rebuild;
    void this.#watching.wake();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isOpen) {
        this.#open();
      }
    });
  }

  /** Stops supervising; the daemon keeps running. */
  async close(): Promise<void> {
    await this.#watching.close();
    this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Stops supervising and ends the daemon. Targets that it still has are lost with it. */
  async stopDaemon(): Promise<void> {
    await this.close();
    await endTgtd(this.#daemon.process, this.#context);
  }

  async #restore(): Promise<void> {
    const { log } = this.#context;
    if (!(await isRunning(this.#daemon.process))) {
      log.error('the iSCSI target daemon died; starting another', { pid: this.#daemon.process.pid });
      await this.#replace();
    } else if (await this.#probe.isLost(this.#daemon)) {
      log.error('the iSCSI target daemon still does not respond; killing it and starting another', {
        pid: this.#daemon.process.pid,
      });
      await endTgtd(this.#daemon.process, this.#context);
      await this.#replace();
    }
    if (this.#heldBack && this.#rebuild !== undefined) {
      await this.#rebuild();
      await this.#daemon.tgtadm.setSystemState('ready');
      this.#heldBack = false;
      this.#open();
      log.info('the iSCSI targets have been rebuilt and are served');
    }
  }

  async #replace(): Promise<void> {
    this.#heldBack = true;
    this.#daemon = await launchTgtd(this.#context);
    this.#isOpen = false;
    this.#probe = new LivenessProbe(this.#context);
  }

  #open(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting.splice(0)) {
      resolve();
    }
  }
}
