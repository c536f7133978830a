import { type Clock, isRpcError, type Log, PeriodicTask, type RpcError } from '@patchbay/objects';

/** How often a store that cannot be written is tried, in milliseconds. */
export const retryWriteMs = 2000;

const writeFailures = ['STORE_FULL', 'STORE_READ_ONLY', 'STORE_FAILED'] as const;

/** Called when a store can no longer be written, with the reason, and when it can again. */
export type OnWritable = (failure: RpcError | undefined) => void;

interface WriteHealthOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly onWritable: OnWritable;
  /** Writes something that changes nothing. */
  readonly tryWriting: () => void;
}

/** Knows whether a store can be written, from its writes; one that cannot is tried until it can. */
export class WriteHealth implements Disposable {
  readonly #options: WriteHealthOptions;
  #failure: RpcError | undefined;
  #retrying: PeriodicTask | undefined;

  constructor(options: WriteHealthOptions) {
    this.#options = options;
  }

  /** Notes why a write failed. Errors that say nothing about the store's disk are no matter of health. */
  failed(error: unknown): void {
    if (!isRpcError(error, ...writeFailures)) {
      return;
    }
    const { clock, log, onWritable, tryWriting } = this.#options;
    const isNews = this.#failure?.reason !== error.reason;
    this.#failure = error;
    if (isNews) {
      log.error('the store cannot be written; it is only read until it can', { error });
      onWritable(error);
    }
    this.#retrying ??= PeriodicTask.start({
      clock,
      background: true,
      delayMs: retryWriteMs,
      run: () => {
        tryWriting();
        return Promise.resolve(this.#failure && retryWriteMs);
      },
      onFailure: () => retryWriteMs,
    });
  }

  /** Notes that a write succeeded. */
  succeeded(): void {
    if (this.#failure !== undefined) {
      this.#failure = undefined;
      void this.#retrying?.close();
      this.#retrying = undefined;
      this.#options.log.info('the store can be written again');
      this.#options.onWritable(undefined);
    }
  }

  [Symbol.dispose](): void {
    void this.#retrying?.close();
  }
}
