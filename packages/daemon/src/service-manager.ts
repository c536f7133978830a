/** Whoever started the daemon and watches it, such as systemd. Nothing that it is told throws. */
export interface ServiceManager {
  /** Says that the daemon serves. @param probe tries whether it goes on to do so, and throws when it does not */
  ready(probe: () => Promise<void>): void;
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
