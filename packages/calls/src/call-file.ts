import { chmodSync, renameSync, statSync } from 'node:fs';

import { type Clock, isRpcError, type Log } from '@patchbay/objects';
import { asStoreError, openDatabase } from '@patchbay/store';

import { CallTable } from './call-table.js';
import { callLogError } from './errors.js';
import { callsFormat } from './schema.js';

/** How long a file that cannot be used is left alone, in milliseconds. */
const retryMs = 10_000;

/**
 * The file of a call log. It may be damaged, locked or on a full disk: then the daemon serves on without it, says so
 * once, and tries again. A damaged file is moved aside.
 */
export class CallFile {
  readonly #options: { readonly file: string; readonly clock: Clock; readonly log: Log };
  #table: CallTable | undefined;
  #problem: Error | undefined;
  #retryAtMs = -Infinity;
  #closed = false;

  constructor(options: { readonly file: string; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  /** Why it cannot be used; undefined if it can, as far as is known. */
  get problem(): string | undefined {
    return this.#problem?.message;
  }

  /** Does something with its calls. @throws RpcError `CALL_LOG_UNAVAILABLE`, and as `use` does */
  require<T>(use: (table: CallTable) => T): T {
    const done = this.use(use);
    if (done === undefined) {
      throw callLogError(
        'CALL_LOG_UNAVAILABLE',
        `the call log cannot be used: ${this.problem ?? 'it is closed'}`,
      );
    }
    return done.value;
  }

  /** Does something with its calls; returns undefined if it cannot be used now. @throws RpcError as `use` does */
  use<T>(use: (table: CallTable) => T): { readonly value: T } | undefined {
    try {
      const table = this.#open();
      if (table === undefined) {
        return undefined;
      }
      const done = { value: use(table) };
      this.#recovered();
      return done;
    } catch (error) {
      return this.#failed(error) ? this.use(use) : undefined;
    }
  }

  /** Closes it. */
  close(): void {
    this.#closed = true;
    try {
      this.#table?.connection.close();
    } catch (error) {
      this.#options.log.warn('cannot close the call log', { error });
    }
    this.#table = undefined;
  }

  #open(): CallTable | undefined {
    const { file, clock } = this.#options;
    if (this.#closed || (this.#problem !== undefined && clock.monotonicMs() < this.#retryAtMs)) {
      return undefined;
    }
    if (this.#table === undefined) {
      const connection = openDatabase(file, callsFormat);
      this.#table = new CallTable(connection);
      if ((statSync(file).mode & 0o177) !== 0) {
        chmodSync(file, 0o600);
      }
    }
    return this.#table;
  }

  #recovered(): void {
    if (this.#problem !== undefined) {
      this.#problem = undefined;
      this.#options.log.info('the call log can be used again', { file: this.#options.file });
    }
  }

  /** Notes a failure; reports whether to try again at once. @throws what is not the file's fault */
  #failed(thrown: unknown): boolean {
    const { file, clock, log } = this.#options;
    const error = asStoreError(thrown, file);
    if (!isRpcError(error) || !error.reason.startsWith('STORE_')) {
      throw error;
    }
    if (error.reason === 'STORE_DAMAGED' && this.#moveAside()) {
      return true;
    }
    if (this.#problem === undefined) {
      log.error('calls are not logged: the call log cannot be used', { error });
    }
    this.#problem = error;
    this.#retryAtMs = clock.monotonicMs() + retryMs;
    return false;
  }

  /** Moves a damaged file aside, so that the next one is new. */
  #moveAside(): boolean {
    const { file, clock, log } = this.#options;
    const aside = `${file}.damaged-${new Date(clock.now()).toISOString().replaceAll(':', '')}`;
    try {
      this.#table?.connection.close();
    } catch {
      // What is damaged may not even be closed.
    }
    this.#table = undefined;
    try {
      renameSync(file, aside);
      for (const suffix of ['-wal', '-shm']) {
        try {
          renameSync(file + suffix, aside + suffix);
        } catch {
          // There is none.
        }
      }
      log.error('the call log is damaged; it was moved aside, and a new one begins', { file, aside });
      return true;
    } catch (error) {
      log.error('the call log is damaged, and cannot be moved aside', { file, error });
      return false;
    }
  }
}
