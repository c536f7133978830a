import { isFinalJobState, isRpcError, type OutputChunk } from '@patchbay/objects';

import type { Queue } from '../queue/queue.js';
import type { JobRecord } from '../records/tables.js';
import type { OutputReadOptions, OutputStore } from './output-store.js';

/** What to read of what a job wrote. */
export interface ReadOutputOptions extends Pick<OutputReadOptions, 'from' | 'stream' | 'find'> {
  /** Whether to go on until the job has ended, attempt by attempt. */
  readonly follow: boolean;
  /** The first to read. Default: the last. */
  readonly attempt?: number | undefined;
  readonly signal: AbortSignal;
  /** Called before each chunk. @throws why its reader may not have it any more */
  readonly check: () => void;
}

/**
 * Yields what a job wrote.
 *
 * @returns the offset that follows it in the last attempt that was read, and how many bytes there were in all
 * @throws RpcError `JOB_NOT_FOUND`, `OUTPUT_GONE`, and what `check` throws
 */
export async function* readOutput(
  { queue, output }: { readonly queue: Queue; readonly output: OutputStore },
  id: string,
  { follow, attempt: asked, signal, check, from: first = 0, ...options }: ReadOutputOptions,
): AsyncGenerator<OutputChunk, { next: number; bytes: number }, undefined> {
  let from = first;
  let bytes = 0;
  for (let number = asked ?? Math.max(1, (await queue.find(id)).attempt); ; number += 1) {
    using end = new AttemptEnd(queue, await queue.find(id), number);
    const reading = { ...options, from, signal, ...(follow ? { until: end.signal } : {}) };
    const chunks = output.read({ id, attempt: number }, reading);
    try {
      for (let read = await chunks.next(); ; read = await chunks.next()) {
        if (read.done === true) {
          from = read.value;
          break;
        }
        check();
        bytes += read.value.bytes.length;
        yield { ...read.value, attempt: number };
      }
    } catch (error) {
      if (!isRpcError(error, 'OUTPUT_GONE') || hasBegun(await queue.find(id), number)) {
        throw error;
      } // nothing was written, and nothing is gone
    } finally {
      await chunks.return(0);
    }
    const job = await queue.find(id);
    if (!follow || (isFinalJobState(job.state) && job.attempt <= number)) {
      return { next: from, bytes };
    }
    from = 0;
  }
}

/** Reports whether an attempt has begun, so that there was output of it, be it none. */
function hasBegun({ state, attempt, startedAtMs }: JobRecord, number: number): boolean {
  const isUnderWay = state === 'claimed' || state === 'running';
  return startedAtMs !== undefined && (number < attempt || (number === attempt && !isUnderWay));
}

/** When an attempt ends. */
class AttemptEnd implements Disposable {
  readonly #ending = new AbortController();
  readonly #stopListening: () => void;

  constructor(queue: Queue, job: JobRecord, number: number) {
    const look = (now: JobRecord): void => {
      if (now.id === job.id && isOver(now, number)) {
        this.#ending.abort();
      }
    };
    this.#stopListening = queue.onChange(look);
    look(queue.live.get(job.id) ?? job);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  [Symbol.dispose](): void {
    this.#stopListening();
  }
}

function isOver({ state, attempt }: JobRecord, number: number): boolean {
  const isPutBack = attempt === number && (state === 'waiting' || state === 'queued');
  return isFinalJobState(state) || attempt > number || isPutBack;
}
