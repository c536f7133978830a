/** Whoever started the daemon and watches it, such as systemd. Nothing that it is told throws. */
export interface ServiceManager {
  /** Says that the daemon serves, and how to find out whether it goes on to do so. */
  ready(healthy: () => boolean | Promise<boolean>): void;
  reloading(): void;
  reloaded(): void;
  stopping(): void;
  /** Says in a line how the daemon fares. */
  status(text: string): void;
  /** Says nothing any more. */
  close(): void;
}

/** A manager that is not there. */
export const silentManager: ServiceManager = {
  ready: () => undefined,
  reloading: () => undefined,
  reloaded: () => undefined,
  stopping: () => undefined,
  status: () => undefined,
  close: () => undefined,
};
