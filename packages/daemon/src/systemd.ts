import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';

import { type ServiceManager, silentManager } from './service-manager.js';

/** A datagram socket of a Unix address family, as `node-unix-socket` makes them. */
export interface DatagramSocket {
  sendTo(
    bytes: Buffer,
    offset: number,
    length: number,
    path: string,
    done: (error: Error | undefined) => void,
  ): void;
  close(): void;
}

/** What systemd sets for a service of `Type=notify`. */
export interface NotifyEnvironment {
  NOTIFY_SOCKET?: string | undefined;
  WATCHDOG_USEC?: string | undefined;
  WATCHDOG_PID?: string | undefined;
}

export interface SystemdOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Loads the library that has datagram sockets, which is native code; called only where systemd listens. */
  readonly loadSockets: () => Promise<{ readonly DgramSocket: new () => DatagramSocket }>;
  /** Default: this process's; what systemd meant for it is taken out, so that no program that it starts answers. */
  readonly environment?: NotifyEnvironment;
}

/**
 * Gives the way to systemd where it started this process as a service that tells of itself (`NOTIFY_SOCKET`, see
 * sd_notify(3)), else nobody. What cannot be sent is logged once, and the daemon goes on.
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
    log.error('systemd waits to be told of this daemon, and cannot be: its socket has no path', { address });
    return silentManager;
  }
  try {
    const { DgramSocket } = await loadSockets();
    const socket = new DgramSocket();
    const sender = new Sender((text, done) => {
      const bytes = Buffer.from(text);
      socket.sendTo(bytes, 0, bytes.length, address, done);
    }, log);
    return new Systemd(sender, watchdogMs, options, () => {
      socket.close();
    });
  } catch (error) {
    log.error('systemd waits to be told of this daemon, and cannot be: the library does not load', { error });
    return silentManager;
  }
}

/** How often systemd wants to hear of the daemon, in milliseconds; undefined: it does not. */
function watchdogOf({
  WATCHDOG_USEC: microseconds,
  WATCHDOG_PID: pid,
}: NotifyEnvironment): number | undefined {
  const ours = pid === undefined || pid === '' || pid === String(process.pid);
  const ms = Number(microseconds ?? '') / 1_000;
  return ours && Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** Sends one message after another, and logs the first one in a row that fails. */
class Sender {
  readonly #send: (text: string, done: (error: Error | undefined) => void) => void;
  readonly #log: Log;
  #failed = false;

  constructor(send: (text: string, done: (error: Error | undefined) => void) => void, log: Log) {
    this.#send = send;
    this.#log = log;
  }

  send(...lines: readonly string[]): void {
    const done = (error: unknown): void => {
      if (error !== undefined && !this.#failed) {
        this.#log.warn('systemd could not be told how the daemon fares', { error });
      }
      this.#failed = error !== undefined;
    };
    try {
      this.#send(lines.join('\n'), done);
    } catch (error) {
      done(error);
    }
  }
}

class Systemd implements ServiceManager {
  readonly #sender: Sender;
  readonly #watchdogMs: number | undefined;
  readonly #options: SystemdOptions;
  readonly #closeSocket: () => void;
  #watchdog: PeriodicTask | undefined;
  #closed = false;
  #failing = false;

  constructor(
    sender: Sender,
    watchdogMs: number | undefined,
    options: SystemdOptions,
    closeSocket: () => void,
  ) {
    this.#sender = sender;
    this.#watchdogMs = watchdogMs;
    this.#options = options;
    this.#closeSocket = closeSocket;
  }

  ready(probe: () => Promise<void>): void {
    this.#sender.send('READY=1');
    if (this.#watchdogMs !== undefined && !this.#closed) {
      this.#watchdog = this.#notifyWatchdog(this.#watchdogMs / 2, probe);
    }
  }

  reloading(): void {
    // systemd compares it with its own clock, CLOCK_MONOTONIC, which is hrtime's too.
    this.#sender.send('RELOADING=1', `MONOTONIC_USEC=${String(process.hrtime.bigint() / 1_000n)}`);
  }

  reloaded(): void {
    this.#sender.send('READY=1');
  }

  stopping(): void {
    this.#sender.send('STOPPING=1');
  }

  status(text: string): void {
    this.#sender.send(`STATUS=${text.replace(/\s+/g, ' ')}`);
  }

  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      void this.#watchdog?.close(); // not waited for: a probe may hang
      this.#closeSocket();
    }
  }

  /** Notifies the watchdog for as long as the probe succeeds. While it fails or hangs, the watchdog's time runs out. */
  #notifyWatchdog(everyMs: number, probe: () => Promise<void>): PeriodicTask {
    const { clock, log } = this.#options;
    return PeriodicTask.start({
      clock,
      run: async (signal) => {
        await probe();
        if (signal.aborted) {
          return undefined;
        }
        this.#sender.send('WATCHDOG=1');
        if (this.#failing) {
          log.info('the daemon does its work again');
        }
        this.#failing = false;
        return everyMs;
      },
      onFailure: (error) => {
        if (!this.#failing) {
          log.error('the daemon does not do its work; the watchdog of systemd is not told that it lives', {
            error,
          });
        }
        this.#failing = true;
        return everyMs;
      },
    });
  }
}
