import type { Clock, Log } from '@patchbay/objects';
import type { Store } from '@patchbay/store';

import { online, parse, putOf, type WorkerRecord, workers } from '../records/tables.js';
import { workerLeaseMs, type WorkerRequest } from '../worker-protocol.js';
import { Locks } from './locks.js';

/** How old the time at which a worker was seen last may be in its record, in milliseconds: asking writes nothing. */
const seenMs = 600_000;
/** How long to wait before changes of leases are watched again, in milliseconds. */
const rewatchMs = 1_000;

/** A worker as it is known. */
export interface KnownWorker extends WorkerRecord {
  readonly name: string;
  /** Whether its lease lasts. */
  readonly isOnline: boolean;
}

interface Known {
  record: WorkerRecord;
  lastSeenAtMs: number;
  leaseId: string | undefined;
}

interface WorkersOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** Called when the lease of a worker has ended, and what hung on it is gone. */
export type LeaseEnded = (worker: string) => Promise<void>;

/** Who asks for jobs: what is known of each, and the lease of the store that lasts for as long as it asks. */
export class Workers implements AsyncDisposable {
  readonly #options: WorkersOptions;
  readonly #known = new Map<string, Known>();
  readonly #locks = new Locks();
  readonly #listeners: (() => void)[] = [];
  readonly #closing = new AbortController();
  #leaseEnded: LeaseEnded = () => Promise.resolve();
  #watching: Promise<void> = Promise.resolve();

  private constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** Reads who was known before, and whose lease lasts. */
  static async open(options: WorkersOptions): Promise<Workers> {
    const known = new Workers(options);
    const { entries } = await options.store.range({ prefix: workers.prefix });
    for (const { key, value } of entries) {
      const record = parse(workers, key, value);
      const { lastSeenAtMs } = record;
      known.#known.set(key.slice(workers.prefix.length), { record, lastSeenAtMs, leaseId: undefined });
    }
    await known.#readLeases();
    return known;
  }

  /** Calls a listener whenever a worker comes or goes. */
  onPresence(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Watches leases from now on, and reports each that ends; those that ended before are reported at once. */
  async watch(leaseEnded: LeaseEnded): Promise<void> {
    this.#leaseEnded = leaseEnded;
    for (const [name, { leaseId }] of this.#known) {
      if (leaseId === undefined) {
        await leaseEnded(name);
      }
    }
    this.#watching = this.#watch();
  }

  /** Returns the lease of a worker; undefined where it has ended. */
  leaseOf(name: string): string | undefined {
    return this.#known.get(name)?.leaseId;
  }

  get(name: string): KnownWorker | undefined {
    const known = this.#known.get(name);
    return known && view(name, known);
  }

  all(): readonly KnownWorker[] {
    return Array.from(this.#known, ([name, known]) => view(name, known));
  }

  /** Notes that a worker asks: its lease lasts, or begins anew once what hung on the last one was seen to. */
  renew(name: string, { slots = 4, facts }: Pick<WorkerRequest, 'slots' | 'facts'>): Promise<void> {
    const { store, clock } = this.#options;
    return this.#locks.run([name], async () => {
      const known = this.#known.get(name);
      const nowMs = clock.now();
      if (known?.leaseId !== undefined && (await store.keepAlive(known.leaseId)) === undefined) {
        await this.#end(name, known.leaseId);
      }
      const record: WorkerRecord = {
        slots,
        ...(facts === undefined ? {} : { facts }),
        firstSeenAtMs: known?.record.firstSeenAtMs ?? nowMs,
        lastSeenAtMs: nowMs,
      };
      const leaseId = known?.leaseId ?? (await store.grantLease(workerLeaseMs)).leaseId;
      if (known?.leaseId === undefined || isWorthWriting(known.record, record)) {
        await store.commit([], [putOf(online, name, '', leaseId), putOf(workers, name, record)]);
        this.#known.set(name, { record, lastSeenAtMs: nowMs, leaseId });
        this.#tell();
      } else {
        known.lastSeenAtMs = nowMs;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    const { store, clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        const fromRevision = await this.#readLeases();
        for await (const changes of store.watch({ prefix: online.prefix, fromRevision, signal })) {
          for (const { type, entry } of changes) {
            if (type === 'delete') {
              await this.#noteEnd(entry.key.slice(online.prefix.length), entry.leaseId);
            }
          }
        }
      } catch (error) {
        if (!this.#closing.signal.aborted) {
          log.error('the leases of workers cannot be watched; trying again', { error });
        }
      }
      await clock.sleep(rewatchMs, { signal, background: true }).catch(() => undefined);
    }
  }

  /** Reads whose lease lasts, and returns the store's revision then. */
  async #readLeases(): Promise<number> {
    const { entries, revision } = await this.#options.store.range({ prefix: online.prefix });
    const leases = new Map(entries.map(({ key, leaseId }) => [key.slice(online.prefix.length), leaseId]));
    for (const [name, known] of this.#known) {
      const { leaseId } = known;
      if (leaseId === undefined) {
        known.leaseId = leases.get(name);
      } else if (leases.get(name) !== leaseId) {
        await this.#noteEnd(name, leaseId);
      }
    }
    return revision;
  }

  #noteEnd(name: string, leaseId: string | undefined): Promise<void> {
    return this.#locks.run([name], () => this.#end(name, leaseId));
  }

  /** Notes that a lease has ended, once, while nobody else changes what is known of its worker. */
  async #end(name: string, leaseId: string | undefined): Promise<void> {
    const known = this.#known.get(name);
    if (known?.leaseId === undefined || known.leaseId !== leaseId) {
      return;
    }
    known.leaseId = undefined;
    this.#options.log.info('a worker is not heard of any more', { worker: name });
    await this.#leaseEnded(name);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

function view(name: string, { record, lastSeenAtMs, leaseId }: Known): KnownWorker {
  return { ...record, lastSeenAtMs, name, isOnline: leaseId !== undefined };
}

function isWorthWriting(known: WorkerRecord, now: WorkerRecord): boolean {
  return (
    known.slots !== now.slots ||
    known.facts?.version !== now.facts?.version ||
    known.facts?.os !== now.facts?.os ||
    known.facts?.arch !== now.facts?.arch ||
    now.lastSeenAtMs - known.lastSeenAtMs >= seenMs
  );
}
