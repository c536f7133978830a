/** The supervisor that started the daemon, such as systemd. Notifications never throw. */
export interface ServiceManager extends Disposable {
  /** Notifies that the daemon serves. @param probe checks that it still does, and throws if not */
  ready(probe: () => Promise<void>): void;
  reloading(): void;
  reloaded(): void;
  stopping(): void;
  /** Sends the daemon's status, one line. */
  status(text: string): void;
  /** Sends no more notifications. */
  close(): void;
}

/** Ignores all notifications, for daemons without a supervisor. */
export const silentManager: ServiceManager = {
  ready: () => undefined,
  reloading: () => undefined,
  reloaded: () => undefined,
  stopping: () => undefined,
  status: () => undefined,
  close: () => undefined,
  [Symbol.dispose]: () => undefined,
};
