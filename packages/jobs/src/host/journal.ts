import { z } from 'zod';

import { isRpcError, type Clock, type Log } from '@patchbay/objects';
import { jobId } from '@patchbay/objects/define';
import { openSqliteStore, type Store } from '@patchbay/store';

import { hostError } from './errors.js';
import { type Attempt, type AttemptOutcome, attemptOutcome } from '../worker-protocol.js';

/** An attempt that the agent has begun, and has to answer for until that is taken. */
export interface JournalEntry extends Attempt {
  readonly object: string;
  readonly method: string;
  /** In milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  /** How it ended; undefined while it runs, or where that is not known. */
  readonly outcome?: AttemptOutcome | undefined;
}

const entrySchema = z.object({
  id: jobId,
  attempt: z.int().positive(),
  object: z.string(),
  method: z.string(),
  startedAtMs: z.number(),
  outcome: attemptOutcome.optional(),
});

/** Where the journal is. */
export interface JournalOptions {
  /** The agent's state directory, which is made unless it is there. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

const prefix = 'attempt/';

/** Returns what identifies an attempt. */
export function attemptKey({ id, attempt }: Attempt): string {
  return `${id}/${String(attempt)}`;
}

/**
 * What the agent has begun and not been relieved of yet, on disk: an attempt is there before anything is done of it, and
 * until `jobs` has taken how it ended. One process has it open.
 */
export class Journal implements AsyncDisposable {
  readonly #store: Store;
  readonly #entries: Map<string, JournalEntry>;

  private constructor(store: Store, entries: readonly JournalEntry[]) {
    this.#store = store;
    this.#entries = new Map(entries.map((entry) => [attemptKey(entry), entry]));
  }

  /**
   * Opens it.
   *
   * @throws RpcError `AGENT_RUNNING` where another process has it open, `STORE_DAMAGED`, `STORE_FULL`, `STORE_READ_ONLY`,
   *   `STORE_FAILED`, `RECORD_DAMAGED`
   */
  static async open({ stateDir, clock, log }: JournalOptions): Promise<Journal> {
    const store = await openSqliteStore({
      ...{ directory: stateDir, fileName: 'journal.sqlite', clock, log },
      historyRevisions: 1,
    }).catch((error: unknown) => {
      throw isRpcError(error, 'STORE_LOCKED') ? running(stateDir, error) : error;
    });
    try {
      const { entries } = await store.range({ prefix });
      return new Journal(
        store,
        entries.map(({ value }) => entrySchema.parse(JSON.parse(value))),
      );
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What was begun and is to be answered for, in no order. */
  get entries(): readonly JournalEntry[] {
    return [...this.#entries.values()];
  }

  /** Notes an attempt, before anything is done of it. @throws RpcError `STORE_FULL`, `STORE_UNAVAILABLE`, `STORE_FAILED` */
  async begin(entry: JournalEntry): Promise<void> {
    await this.#put(entry);
    this.#entries.set(attemptKey(entry), entry);
  }

  /**
   * Notes how an attempt ended. It is known to this process even where it cannot be written.
   *
   * @throws RpcError as `begin`
   */
  async end(attempt: Attempt, outcome: AttemptOutcome): Promise<void> {
    const entry = this.#entries.get(attemptKey(attempt));
    if (entry !== undefined) {
      const ended = { ...entry, outcome };
      this.#entries.set(attemptKey(attempt), ended);
      await this.#put(ended);
    }
  }

  /** Forgets an attempt that nobody has to answer for any more. @throws RpcError as `begin` */
  async forget(attempt: Attempt): Promise<void> {
    if (this.#entries.delete(attemptKey(attempt))) {
      await this.#store.commit([], [{ delete: prefix + attemptKey(attempt) }]);
    }
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  async #put(entry: JournalEntry): Promise<void> {
    await this.#store.commit([], [{ put: prefix + attemptKey(entry), value: JSON.stringify(entry) }]);
  }
}

function running(stateDir: string, cause: unknown): Error {
  return hostError(
    'AGENT_RUNNING',
    `another patchbay-host runs in ${stateDir}, and makes the jobs of this host: stop it first, or let it`,
    { cause, details: { stateDir } },
  );
}
