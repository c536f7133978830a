import { type Clock, isRpcError, type Log, PeriodicTask, type RpcError } from '@patchbay/objects';

import { type OnWritable, retryWriteMs } from './write-health.js';
import type { Change, Outcome, Page, Range, Store, StoreLease, StoreLimits } from './store.js';

interface StandInOptions {
  /** The content of the store; it must refuse writes. */
  readonly copy: Store;
  /** Why the store itself cannot be opened. */
  readonly failure: RpcError;
  /** Opens the store itself. @throws RpcError while that cannot be */
  readonly reopen: () => Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly onWritable: OnWritable;
}

/**
 * Stands in for a store whose disk is full or read-only when it is opened: answers reads from a copy, refuses writes with
 * the reason, keeps leases alive, and tries to open the store itself until it can, which has the same content. From then
 * on everything goes there. Watchers notice nothing.
 */
export class StandInStore implements Store {
  readonly #options: StandInOptions;
  readonly #opened = new AbortController();
  readonly #retrying: PeriodicTask;
  #current: Store;
  #failure: RpcError | undefined;

  constructor(options: StandInOptions) {
    this.#options = options;
    this.#current = options.copy;
    this.#setFailure(options.failure);
    this.#retrying = PeriodicTask.start({
      clock: options.clock,
      background: true,
      delayMs: retryWriteMs,
      run: () => this.#reopen(),
    });
  }

  get limits(): StoreLimits {
    return this.#current.limits;
  }

  get lateMs(): number {
    return this.#current.lateMs;
  }

  get(...args: Parameters<Store['get']>): ReturnType<Store['get']> {
    return this.#current.get(...args);
  }

  range(range: Range): Promise<Page> {
    return this.#current.range(range);
  }

  count(prefix: string): Promise<number> {
    return this.#current.count(prefix);
  }

  commit(...args: Parameters<Store['commit']>): Promise<Outcome> {
    return this.#current.commit(...args);
  }

  revision(): Promise<number> {
    return this.#current.revision();
  }

  grantLease(ttlMs: number): Promise<StoreLease> {
    // No key could be put on it.
    return this.#failure === undefined ? this.#current.grantLease(ttlMs) : Promise.reject(this.#failure);
  }

  keepAlive(leaseId: string): Promise<StoreLease | undefined> {
    return this.#current.keepAlive(leaseId);
  }

  revokeLease(leaseId: string): Promise<number> {
    return this.#current.revokeLease(leaseId);
  }

  leaseKeys(leaseId: string): Promise<readonly string[]> {
    return this.#current.leaseKeys(leaseId);
  }

  watch({ prefix, fromRevision, signal }: Parameters<Store['watch']>[0]): AsyncIterable<readonly Change[]> {
    const from = fromRevision === undefined ? this.revision() : Promise.resolve(fromRevision);
    return this.#watch(prefix, from, signal);
  }

  async *#watch(
    prefix: string,
    fromRevision: Promise<number>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Change[]> {
    const opened = this.#opened.signal;
    let from = await fromRevision;
    if (!opened.aborted) {
      // The copy never changes: it has what was before, and then there is only the wait for the store itself.
      using either = new EitherSignal(signal, opened);
      for await (const changes of this.#options.copy.watch({
        prefix,
        fromRevision: from,
        signal: either.signal,
      })) {
        yield changes;
        from = changes[0]?.revision ?? from;
      }
    }
    if (opened.aborted && !signal.aborted) {
      yield* this.#current.watch({ prefix, fromRevision: from, signal });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#retrying.close();
    await this.#current[Symbol.asyncDispose]();
  }

  async #reopen(): Promise<number | undefined> {
    let store: Store;
    try {
      store = this.#options.reopen();
    } catch (error) {
      this.#setFailure(error);
      return retryWriteMs;
    }
    this.#current = store;
    this.#failure = undefined;
    this.#opened.abort();
    await this.#options.copy[Symbol.asyncDispose]();
    this.#options.log.info('the store can be written again');
    this.#options.onWritable(undefined);
    return undefined;
  }

  #setFailure(error: unknown): void {
    const { log, onWritable } = this.#options;
    if (!isRpcError(error)) {
      log.error('the store cannot be opened; it is only read until it can', { error });
    } else if (error.reason !== this.#failure?.reason) {
      this.#failure = error;
      log.error('the store cannot be written; it is only read until it can', { error });
      onWritable(error);
    }
  }
}

/** Aborts when either of two signals does, and lets go of both when it is disposed. */
class EitherSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];

  constructor(...sources: readonly AbortSignal[]) {
    this.#sources = sources;
    for (const source of sources) {
      source.addEventListener('abort', this.#abort, { once: true });
      if (source.aborted) {
        this.#abort();
      }
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #abort = (): void => {
    this.#controller.abort();
  };

  [Symbol.dispose](): void {
    for (const source of this.#sources) {
      source.removeEventListener('abort', this.#abort);
    }
  }
}
