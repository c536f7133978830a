import type { Clock, JobsMethods, JobView, OutputChunk, RunView } from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/session/client';

import { Patience } from './patience.js';

/** The object `jobs` as it is followed. */
export interface Followed {
  readonly jobs: RemoteObject<JobsMethods>;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Which of a job's output to read. */
export interface OutputOptions {
  /** The offset of the first byte, as `next` of a chunk says it. Default: 0. */
  readonly from?: number | undefined;
  /** Whether to wait for more until the job has ended. Default: true. */
  readonly follow?: boolean | undefined;
  /** Default: both. */
  readonly stream?: 'out' | 'err' | undefined;
  /** Only the lines that have this text. Default: all. */
  readonly find?: string | undefined;
}

/**
 * Yields what a job wrote: nothing is lost or comes twice when the connection to `jobs` is lost, as it resumes where it was.
 *
 * @throws RpcError `JOB_NOT_FOUND`, `OUTPUT_GONE`, and `UNAVAILABLE` once `jobs` is out of reach for two minutes
 */
export async function* outputOf(
  followed: Followed,
  id: string,
  { from = 0, follow = true, stream, find }: OutputOptions = {},
): AsyncGenerator<OutputChunk, void, undefined> {
  const patience = new Patience(followed.clock, followed.signal);
  const jobs = unlimited(followed);
  let next = from;
  let attempt: number | undefined;
  for (;;) {
    try {
      for await (const chunk of jobs.output(id, {
        from: next,
        follow,
        ...(stream === undefined ? {} : { stream }),
        ...(find === undefined ? {} : { find }),
        ...(attempt === undefined ? {} : { attempt }),
      })) {
        ({ next, attempt } = chunk);
        patience.answered();
        yield chunk;
      }
      return;
    } catch (error) {
      await patience.afterFailure(error);
    }
  }
}

/** Yields a job as it is, then as it changes, until it has ended. @throws RpcError as `outputOf` */
export function viewsOfJob(followed: Followed, id: string): AsyncGenerator<JobView, void, undefined> {
  return views(followed, (jobs) => jobs.watch(id));
}

/** Yields a run as it is, then as it changes, until all of its hosts have ended. @throws RpcError `RUN_NOT_FOUND`, and as `outputOf` */
export function viewsOfRun(followed: Followed, id: string): AsyncGenerator<RunView, void, undefined> {
  return views(followed, (jobs) => jobs.watch_run(id));
}

async function* views<V>(
  followed: Followed,
  watch: (jobs: RemoteObject<JobsMethods>) => AsyncIterable<V> & PromiseLike<V>,
): AsyncGenerator<V, void, undefined> {
  const patience = new Patience(followed.clock, followed.signal);
  const jobs = unlimited(followed);
  for (;;) {
    try {
      const call = watch(jobs);
      for await (const view of call) {
        patience.answered();
        yield view;
      }
      yield await call;
      return;
    } catch (error) {
      await patience.afterFailure(error);
    }
  }
}

function unlimited({ jobs, signal }: Followed): RemoteObject<JobsMethods> {
  return jobs.with({ timeoutMs: 'none', ...(signal === undefined ? {} : { signal }) });
}
