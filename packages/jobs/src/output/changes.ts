/** Wakes the readers of a key when something has changed. */
export class Changes {
  readonly #readers = new Map<string, Set<Reader>>();

  /** Wakes all readers of a key. */
  notify(key: string): void {
    this.#readers.get(key)?.forEach((reader) => {
      reader.wake();
    });
  }

  /** Begins to read: to be told of a key's changes, and of the end of signals. */
  read(key: string, ...signals: readonly (AbortSignal | undefined)[]): Reader {
    const reader = new Reader(signals, () => {
      readers.delete(reader);
      if (readers.size === 0) {
        this.#readers.delete(key);
      }
    });
    const readers = this.#readers.get(key) ?? new Set();
    this.#readers.set(key, readers.add(reader));
    return reader;
  }
}

/** Whoever reads, and waits for changes when there is no more. */
export class Reader {
  readonly #signals: readonly (AbortSignal | undefined)[];
  readonly #onClose: () => void;
  #hasChanged = false;
  #resolve: (() => void) | undefined;

  constructor(signals: readonly (AbortSignal | undefined)[], onClose: () => void) {
    this.#signals = signals;
    this.#onClose = onClose;
    signals.forEach((signal) => signal?.addEventListener('abort', this.wake));
  }

  /** Notes that from now on changes are news. */
  look(): void {
    this.#hasChanged = false;
  }

  /** Resolves as soon as something has changed since the last look, or a signal aborted. */
  async changed(): Promise<void> {
    if (!this.#hasChanged && !this.#signals.some((signal) => signal?.aborted)) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    }
  }

  readonly wake = (): void => {
    this.#hasChanged = true;
    this.#resolve?.();
  };

  close(): void {
    this.#signals.forEach((signal) => signal?.removeEventListener('abort', this.wake));
    this.#onClose();
  }
}
