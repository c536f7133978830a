import { type Log } from '../log.js';

/** What of `process` a daemon's lifetime needs. */
export interface ProcessEvents extends Pick<NodeJS.EventEmitter, 'on' | 'off'> {
  exit(status: number): void;
}

export interface RunDaemonOptions {
  readonly log: Log;
  /** Called on SIGHUP; without it SIGHUP is ignored. */
  readonly reload?: (() => void | Promise<void>) | undefined;
  /** Default: this process. */
  readonly process?: ProcessEvents;
}

/**
 * Runs a daemon until its work is done. The first SIGTERM or SIGINT aborts the signal, whereupon `main` shall
 * finish what runs and return; a second one ends the process at once with status 1. An exception or rejection
 * that nobody caught is logged and ends it with status 1 too: after one, nothing can be relied on.
 * @throws what `main` throws
 */
export async function runDaemon(
  main: (signal: AbortSignal) => Promise<void>,
  { log, reload, process: events = process }: RunDaemonOptions,
): Promise<void> {
  const stopping = new AbortController();

  const stop = (name: string): void => {
    if (stopping.signal.aborted) {
      log.warn('Ending at once, on a second signal', { signal: name });
      events.exit(1);
      return;
    }
    log.info('Stopping', { signal: name });
    stopping.abort(new Error(`the daemon received ${name}`));
  };
  const fail = (error: unknown): void => {
    log.error('Ending: an error was not handled', { error });
    events.exit(1);
  };
  const hangUp = (): void => {
    if (reload === undefined) {
      log.info('Ignoring SIGHUP: there is nothing to reload');
      return;
    }
    log.info('Reloading', { signal: 'SIGHUP' });
    Promise.resolve()
      .then(reload)
      .catch((error: unknown) => {
        log.error('Reloading failed; going on as before', { error });
      });
  };

  const listeners = {
    SIGTERM: stop,
    SIGINT: stop,
    SIGHUP: hangUp,
    uncaughtException: fail,
    unhandledRejection: fail,
  };
  for (const [event, listener] of Object.entries(listeners)) {
    events.on(event, listener);
  }
  try {
    await main(stopping.signal);
  } finally {
    for (const [event, listener] of Object.entries(listeners)) {
      events.off(event, listener);
    }
  }
}
