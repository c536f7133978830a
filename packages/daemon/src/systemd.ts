import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';

import { type ServiceManager, silentManager } from './service-manager.js';

/** A Unix datagram socket, as of `node-unix-socket`. */
interface DatagramSocket {
  sendTo(bytes: Buffer, offset: number, length: number, path: string, done: (error?: Error) => void): void;
  close(): void;
}

/** The variables that systemd sets for a service of `Type=notify`. */
export interface NotifyEnvironment {
  NOTIFY_SOCKET?: string | undefined;
  WATCHDOG_USEC?: string | undefined;
  WATCHDOG_PID?: string | undefined;
}

interface SystemdOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Loads the library for datagram sockets, a native add-on; called only under systemd. */
  readonly loadSockets: () => Promise<{ readonly DgramSocket: new () => DatagramSocket }>;
  /** Default: this process's. The variables are removed, so that no child process notifies systemd in its place. */
  readonly environment?: NotifyEnvironment;
}

/**
 * Opens the connection to systemd if it started this process as a service of `Type=notify` (`NOTIFY_SOCKET`, see
 * sd_notify(3)); otherwise returns a manager that ignores everything. A notification that cannot be sent is logged
 * once, and the daemon keeps running.
 */
export async function systemdManager(options: SystemdOptions): Promise<ServiceManager> {
  const { log, loadSockets, environment = process.env } = options;
  const { NOTIFY_SOCKET: address } = environment;
  const watchdogMs = watchdogOf(environment);
  delete environment.NOTIFY_SOCKET;
  delete environment.WATCHDOG_USEC;
  delete environment.WATCHDOG_PID;
  if (address === undefined || address === '') {
    return silentManager;
  }
  if (!address.startsWith('/')) {
    log.error('cannot notify systemd: its socket has no path', { address });
    return silentManager;
  }
  try {
    const { DgramSocket } = await loadSockets();
    return new Systemd({ ...options, socket: new DgramSocket(), address, watchdogMs });
  } catch (error) {
    log.error('cannot notify systemd: the socket library does not load', { error });
    return silentManager;
  }
}

/** Returns the watchdog's interval in milliseconds; undefined if it is off. */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID = '' }: NotifyEnvironment): number | undefined {
  const ours = WATCHDOG_PID === '' || WATCHDOG_PID === String(process.pid);
  const ms = Number(WATCHDOG_USEC ?? '') / 1_000;
  return ours && Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

interface SystemdConnection extends Pick<SystemdOptions, 'clock' | 'log'> {
  readonly socket: DatagramSocket;
  readonly address: string;
  readonly watchdogMs: number | undefined;
}

class Systemd implements ServiceManager {
  readonly #connection: SystemdConnection;
  #watchdog: PeriodicTask | undefined;
  #closed = false;
  /** Whether the last notification could not be sent. */
  #unsent = false;
  #failing = false;

  constructor(connection: SystemdConnection) {
    this.#connection = connection;
  }

  ready(probe: () => Promise<void>): void {
    this.#send('READY=1');
    const { watchdogMs } = this.#connection;
    if (watchdogMs !== undefined && !this.#closed) {
      this.#watchdog = this.#notifyWatchdog(watchdogMs / 2, probe);
    }
  }

  reloading(): void {
    // systemd compares this with CLOCK_MONOTONIC, which is hrtime's clock too.
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${String(process.hrtime.bigint() / 1_000n)}`);
  }

  reloaded(): void {
    this.#send('READY=1');
  }

  stopping(): void {
    this.#send('STOPPING=1');
  }

  status(text: string): void {
    this.#send(`STATUS=${text.replace(/\s+/g, ' ')}`);
  }

  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      void this.#watchdog?.close(); // not awaited, as a probe may hang
      this.#connection.socket.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Sends a notification, and logs the first of consecutive failures. */
  #send(text: string): void {
    const { socket, address, log } = this.#connection;
    const done = (error: unknown): void => {
      if (error !== undefined && !this.#unsent) {
        log.warn("cannot send the daemon's status to systemd", { error });
      }
      this.#unsent = error !== undefined;
    };
    try {
      const bytes = Buffer.from(text);
      socket.sendTo(bytes, 0, bytes.length, address, done);
    } catch (error) {
      done(error);
    }
  }

  /** Notifies the watchdog while the probe succeeds. While it fails or hangs, the watchdog times out. */
  #notifyWatchdog(everyMs: number, probe: () => Promise<void>): PeriodicTask {
    const { clock, log } = this.#connection;
    return PeriodicTask.start({
      clock,
      run: async (signal) => {
        await probe();
        if (signal.aborted) {
          return undefined;
        }
        this.#send('WATCHDOG=1');
        if (this.#failing) {
          log.info('self-check passes again');
        }
        this.#failing = false;
        return everyMs;
      },
      onFailure: (error) => {
        if (!this.#failing) {
          log.error('self-check failed; not notifying the systemd watchdog', { error });
        }
        this.#failing = true;
        return everyMs;
      },
    });
  }
}
