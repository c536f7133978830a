import { z } from 'zod';

import { type Clock, type IdentityMethods, isFinalJobState, type Log } from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/rpcclient';
import type { Operation } from '@patchbay/store';

import { isAway, onBehalfOf } from '../object-worker/on-behalf.js';
import type { Queue } from '../queue/queue.js';
import { type JobRecord, putOf, type Table } from '../records/tables.js';
import { hostOf } from './live-run.js';

/** Jobs whose result is to be written into variables of their host, by id. */
const saves: Table<''> = { prefix: 'save/', schema: z.literal('') };
/** How long to wait before a name server is asked again that cannot be reached, in milliseconds. */
const againMs = 10_000;

interface SavingOptions {
  readonly queue: Queue;
  /** The name server's object, which decides whether the caller of a job may. */
  readonly identity: Pick<RemoteObject<IdentityMethods>, 'with'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes results of jobs into variables of their hosts, where their policies say so, as their callers. */
export class Saving implements AsyncDisposable {
  readonly #options: SavingOptions;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #stop: () => void;

  private constructor(options: SavingOptions) {
    this.#options = options;
    options.queue.writeAlongside(alongside);
    this.#stop = options.queue.onChange((job) => {
      if (isSaved(job) && isFinalJobState(job.state)) {
        this.#start(job);
      }
    });
  }

  /** Resumes what was left to be written. */
  static async start(options: SavingOptions): Promise<Saving> {
    const saving = new Saving(options);
    const { queue } = options;
    const { entries } = await queue.store.range({ prefix: saves.prefix });
    for (const { key } of entries) {
      const job = await queue.get(key.slice(saves.prefix.length));
      if (job !== undefined && isFinalJobState(job.state)) {
        saving.#start(job);
      }
    }
    return saving;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  #start(job: JobRecord): void {
    const running = this.#save(job)
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) {
          this.#options.log.warn('the result of a job was not written into variables of its host', {
            ...{ job: job.id, host: hostOf(job), error },
          });
        }
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #save(job: JobRecord): Promise<void> {
    const { queue, identity } = this.#options;
    try {
      if (job.outcome?.state === 'succeeded') {
        const as = identity.with({ ...onBehalfOf(job.caller), signal: this.#closing.signal });
        const texts = entriesOf(job);
        await this.#persistently(() => as.set_variables(hostOf(job), texts));
      }
    } finally {
      if (!this.#closing.signal.aborted) {
        await queue.store.commit([], [{ delete: saves.prefix + job.id }]);
      }
    }
  }

  /** Makes a call until somebody answers it. */
  async #persistently(call: () => PromiseLike<unknown>): Promise<void> {
    for (;;) {
      try {
        await call();
        return;
      } catch (error) {
        if (!isAway(error)) {
          throw error;
        }
        await this.#options.clock.sleep(againMs, { signal: this.#closing.signal, background: true });
      }
    }
  }
}

function isSaved({ policy, run }: JobRecord): boolean {
  return policy.save !== undefined && run !== undefined;
}

/** Returns the note that a job's result is to be written, for as long as the job has not ended. */
function alongside(job: JobRecord, before: JobRecord | undefined): readonly Operation[] {
  const begins = !isFinalJobState(job.state) && (before === undefined || isFinalJobState(before.state));
  return isSaved(job) && begins ? [putOf(saves, job.id, '')] : [];
}

/** Returns the variables of a job's result, as `NAME=VALUE`: texts as they are, all else as JSON. */
function entriesOf({ policy: { save = {} }, outcome }: JobRecord): string[] {
  return Object.entries(save).flatMap(([name, path]) => {
    const value = path.split('.').slice(1).reduce<unknown>(partOf, outcome?.result);
    return value === undefined
      ? []
      : [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
