import { isRpcError, type Log, type LogFields } from '@patchbay/objects';

import { type ServiceManager, silentManager } from './service-manager.js';

/** The part of `process` that a daemon's lifetime depends on. */
export interface ProcessEvents extends Pick<NodeJS.EventEmitter, 'on' | 'off'> {
  exit(status: number): void;
}

/** What `runDaemon` takes. */
export interface RunDaemonOptions {
  readonly log: Log;
  /** Is notified of the daemon's status. Default: nobody. */
  readonly manager?: ServiceManager;
  /** Default: this process. */
  readonly process?: ProcessEvents;
}

/** What a daemon can do once it is ready. */
export interface ReadyDaemon {
  /** Reloads the configuration, on SIGHUP. Throws if it cannot, and has changed nothing then. */
  readonly reload?: () => void | Promise<void>;
  /** Checks that the daemon works; while it throws, the service manager's watchdog is not notified. */
  readonly probe?: () => Promise<void>;
}

/** By which `main` reports the daemon's state. */
export interface Daemon {
  /** Reports that the daemon serves. A SIGHUP received earlier is handled now. */
  ready(daemon: ReadyDaemon): void;
  /** Reports the daemon's status, one line. */
  status(text: string): void;
}

/**
 * Runs a daemon until `main` returns. The first SIGTERM or SIGINT aborts the signal, on which `main` must finish what
 * runs and return; a second one exits the process at once with status 1. SIGHUP reloads, one reload at a time. An
 * uncaught exception or unhandled rejection is logged and exits with status 1 too, as the state is unknown after one:
 * unless it is the failure of a call, which another side can cause.
 * @throws what `main` throws
 */
export async function runDaemon(
  main: (signal: AbortSignal, daemon: Daemon) => Promise<void>,
  { log, manager = silentManager, process: events = process }: RunDaemonOptions,
): Promise<void> {
  const stopping = new AbortController();
  const reloads = new Reloads(log, manager);

  const stop = (name: string): void => {
    if (stopping.signal.aborted) {
      log.warn('exiting at once on a second signal', { signal: name });
      events.exit(1);
      return;
    }
    log.info('stopping', { signal: name });
    manager.stopping();
    reloads.stop();
    stopping.abort(new Error(`the daemon received ${name}`));
  };
  const fail = (error: unknown): void => {
    log.error('exiting on an unhandled error', { error });
    events.exit(1);
  };
  const listeners = {
    SIGTERM: stop,
    SIGINT: stop,
    SIGHUP: () => {
      reloads.request();
    },
    uncaughtException: fail,
    unhandledRejection: (error: unknown) => {
      if (isRpcError(error)) {
        log.error('nobody handled the failure of a call', { error });
      } else {
        fail(error);
      }
    },
  };
  for (const [event, listener] of Object.entries(listeners)) {
    events.on(event, listener);
  }
  const daemon: Daemon = {
    ready: ({ reload, probe = () => Promise.resolve() }) => {
      if (!stopping.signal.aborted) {
        manager.ready(probe);
        reloads.begin(reload);
      }
    },
    status: (text) => {
      manager.status(text);
    },
  };
  try {
    await main(stopping.signal, daemon);
  } finally {
    reloads.stop();
    manager.close();
    for (const [event, listener] of Object.entries(listeners)) {
      events.off(event, listener);
    }
  }
}

/** Runs one reload at a time; requests during a reload are merged into one. */
class Reloads {
  readonly #log: Log;
  readonly #manager: ServiceManager;
  #state: 'starting' | 'idle' | 'busy' | 'stopped' = 'starting';
  #requested = false;
  #reload: ReadyDaemon['reload'];

  constructor(log: Log, manager: ServiceManager) {
    this.#log = log;
    this.#manager = manager;
  }

  request(): void {
    this.#requested = true;
    this.#runIfRequested();
  }

  /** Starts to handle requests. @param reload undefined if there is nothing to reload */
  begin(reload: ReadyDaemon['reload']): void {
    this.#reload = reload;
    this.#state = 'idle';
    this.#runIfRequested();
  }

  stop(): void {
    this.#state = 'stopped';
  }

  #runIfRequested(): void {
    if (this.#requested && this.#state === 'idle') {
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    this.#requested = false;
    if (this.#reload === undefined) {
      this.#log.info('ignoring SIGHUP: nothing to reload');
      return;
    }
    this.#state = 'busy';
    this.#log.info('reloading', { signal: 'SIGHUP' });
    this.#manager.reloading();
    try {
      await this.#reload();
    } catch (error) {
      this.#log.error('reload failed; the previous configuration stays in effect', failureFields(error));
    }
    this.#finish();
  }

  #finish(): void {
    if (this.#state === 'busy') {
      this.#manager.reloaded();
      this.#state = 'idle';
      this.#runIfRequested();
    }
  }
}

/** Returns the messages of errors about a configuration; any other error as a whole, for its stack. */
function failureFields(error: unknown): LogFields {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.every((each) => isRpcError(each))
    ? { why: errors.map(({ message }) => message).join('; '), reason: errors[0]?.reason }
    : { error };
}
