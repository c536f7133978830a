import { isRpcError, type Log, type LogFields } from '@patchbay/objects';

import { type ServiceManager, silentManager } from './service-manager.js';

/** What of `process` a daemon's lifetime needs. */
export interface ProcessEvents extends Pick<NodeJS.EventEmitter, 'on' | 'off'> {
  exit(status: number): void;
}

export interface RunDaemonOptions {
  readonly log: Log;
  /** Who is told how the daemon fares. Default: nobody. */
  readonly manager?: ServiceManager;
  /** Default: this process. */
  readonly process?: ProcessEvents;
}

/** What a daemon that is ready can do. */
export interface ReadyDaemon {
  /** Takes the configuration anew, on SIGHUP; throws why it cannot, and has changed nothing then. */
  readonly reload?: () => void | Promise<void>;
  /** Tries whether the daemon does its work; while it throws, the service manager's watchdog hears nothing. */
  readonly probe?: () => Promise<void>;
}

/** What the work of a daemon tells of itself. */
export interface Daemon {
  /** Says that the daemon serves. A SIGHUP that came before is followed now. */
  ready(daemon: ReadyDaemon): void;
  /** Says in a line how the daemon fares. */
  status(text: string): void;
}

/**
 * Runs a daemon until its work is done. The first SIGTERM or SIGINT aborts the signal, whereupon `main` shall
 * finish what runs and return; a second one ends the process at once with status 1. SIGHUP reloads, one at a time.
 * An exception or rejection that nobody caught is logged and ends it with status 1 too: after one, nothing can be
 * relied on.
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
      log.warn('Ending at once, on a second signal', { signal: name });
      events.exit(1);
      return;
    }
    log.info('Stopping', { signal: name });
    manager.stopping();
    reloads.stop();
    stopping.abort(new Error(`the daemon received ${name}`));
  };
  const fail = (error: unknown): void => {
    log.error('Ending: an error was not handled', { error });
    events.exit(1);
  };
  const listeners = {
    SIGTERM: stop,
    SIGINT: stop,
    SIGHUP: () => {
      reloads.ask();
    },
    uncaughtException: fail,
    unhandledRejection: fail,
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

/** Reloads when it is asked to, one reload at a time; several requests meanwhile are one. */
class Reloads {
  readonly #log: Log;
  readonly #manager: ServiceManager;
  #state: 'starting' | 'idle' | 'busy' | 'over' = 'starting';
  #asked = false;
  #reload: ReadyDaemon['reload'];

  constructor(log: Log, manager: ServiceManager) {
    this.#log = log;
    this.#manager = manager;
  }

  ask(): void {
    this.#asked = true;
    if (this.#state === 'idle') {
      void this.#run();
    }
  }

  /** Says that the daemon is ready, and how it reloads; undefined: not at all. */
  begin(reload: ReadyDaemon['reload']): void {
    this.#reload = reload;
    this.#state = 'idle';
    if (this.#asked) {
      void this.#run();
    }
  }

  stop(): void {
    this.#state = 'over';
  }

  async #run(): Promise<void> {
    this.#asked = false;
    if (this.#reload === undefined) {
      this.#log.info('Ignoring SIGHUP: there is nothing to reload');
      return;
    }
    this.#state = 'busy';
    this.#log.info('Reloading', { signal: 'SIGHUP' });
    this.#manager.reloading();
    try {
      await this.#reload();
    } catch (error) {
      this.#log.error('Reloading failed; going on as before', whyNot(error));
    }
    this.#goOn();
  }

  #goOn(): void {
    if (this.#state === 'busy') {
      this.#manager.reloaded();
      this.#state = 'idle';
      if (this.#asked) {
        void this.#run();
      }
    }
  }
}

/** Tells what is wrong with a configuration by its messages; of anything else the stack is needed. */
function whyNot(error: unknown): LogFields {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.every((each) => isRpcError(each))
    ? { why: errors.map(({ message }) => message).join('; '), reason: errors[0]?.reason }
    : { error };
}
