import { silentLog } from '@patchbay/objects';
import { FakeClock, Scratch } from '@patchbay/objects/testing';
import { openSqliteStore, type Store } from '@patchbay/store';

import type { NewJob } from '../src/queue/new-job.js';
import { Queue } from '../src/queue/queue.js';
import type { QueueBounds } from '../src/queue/room.js';

const roomy: QueueBounds = { perQueue: 10_000, total: 10_000, bytes: 2 ** 28 };

/** Returns a call that can be kept. */
export function someCall(id: string, more: Partial<NewJob> = {}): NewJob {
  return {
    id,
    object: 'disks',
    method: 'check',
    args: ['sda'],
    queue: 'object:disks',
    policy: {},
    idempotent: false,
    access: 'operate',
    caller: 'user:alice',
    ...more,
  };
}

/** A queue in a store of its own, on a clock that a test moves. */
export class TestQueue implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly #scratch: Scratch;
  readonly #bounds: QueueBounds;
  store!: Store;
  queue!: Queue;

  private constructor(scratch: Scratch, bounds: QueueBounds) {
    this.#scratch = scratch;
    this.#bounds = bounds;
  }

  static async open(bounds: Partial<QueueBounds> = {}): Promise<TestQueue> {
    const test = new TestQueue(await Scratch.make(), { ...roomy, ...bounds });
    await test.#open();
    return test;
  }

  /** Closes the store, and reads it anew, as another process would. */
  async restart(): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await this.#open();
  }

  async #open(): Promise<void> {
    const { clock } = this;
    this.store = await openSqliteStore({ directory: this.#scratch.path, clock });
    const parts = { store: this.store, clock, log: silentLog, bounds: this.#bounds };
    this.queue = await Queue.open({ ...parts, leaseOf: () => undefined });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await this.#scratch.close();
  }
}
