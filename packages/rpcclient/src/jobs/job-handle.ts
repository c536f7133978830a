import {
  handled,
  type JobReceipt,
  type JobState,
  type JobView,
  type OutputChunk,
  type RunView,
} from '@patchbay/objects';

import { type Followed, type OutputOptions, outputOf, viewsOfJob, viewsOfRun } from './follow.js';
import { errorOf, resultOf } from './outcome.js';
import { type HostResult, resultsOfRun } from './run-results.js';

/** A call that is kept: a promise of the receipt of `jobs`, once that has it on its disk. */
export interface JobHandle<Result = unknown> extends Promise<JobReceipt> {
  /** Its id, which this client made: with it another program can follow it, by `client.jobs().job(id)`. */
  readonly id: string;
  /**
   * Waits until the job has ended, and returns what its call returned.
   *
   * @throws RpcError that of the call, `JOB_EXPIRED`, `JOB_INTERRUPTED`, `CALL_CANCELLED` if somebody cancelled it, and
   *   `JOB_LOST` while its worker is not heard of: its result may come later, so ask again
   */
  result(): Promise<Result>;
  /** Yields what it writes, until it has ended; resumes after a lost connection. @throws RpcError `JOB_NOT_FOUND`, `OUTPUT_GONE` */
  output(options?: OutputOptions): AsyncIterable<OutputChunk>;
  /** Returns the job as it is. @throws RpcError `JOB_NOT_FOUND` */
  show(): Promise<JobView>;
  /** Asks for its end. @throws RpcError `JOB_NOT_FOUND`, `JOB_FINISHED` */
  cancel(): Promise<JobState>;
}

/** A call on many hosts: a promise of the receipt of `jobs`, once that has it on its disk. */
export interface RunHandle<Result = unknown> extends Promise<JobReceipt> {
  /** Its id, which this client made: with it another program can follow it, by `client.jobs().run(id)`. */
  readonly id: string;
  /** Waits until all hosts have ended, and returns the result of each. @throws RpcError `PARTLY_FAILED`, whose `details.failed` names the others */
  result(): Promise<readonly HostResult<Result>[]>;
  /** Returns the run as it is. @throws RpcError `RUN_NOT_FOUND` */
  show(): Promise<RunView>;
  /** Yields the run as it is, then as it changes, until all hosts have ended. @throws RpcError `RUN_NOT_FOUND` */
  watch(): AsyncIterable<RunView>;
  /** Asks for its end on all hosts. @throws RpcError `RUN_NOT_FOUND`, `JOB_FINISHED` */
  cancel(): Promise<JobState>;
}

/** Makes the handle of a job. @param submitted the receipt, once there is one */
export function jobHandle(followed: Followed, id: string, submitted: Promise<JobReceipt>): JobHandle {
  const { jobs } = followed;
  return Object.assign(handled(submitted), {
    id,
    result: async () => {
      await submitted;
      for await (const view of viewsOfJob(followed, id)) {
        if (view.state === 'lost') {
          throw errorOf(view);
        }
        if (view.outcome !== undefined) {
          return resultOf(view);
        }
      }
      return resultOf(await jobs.show(id));
    },
    output: async function* (options?: OutputOptions) {
      await submitted;
      yield* outputOf(followed, id, options);
    },
    show: async () => {
      await submitted;
      return jobs.show(id);
    },
    cancel: async () => {
      await submitted;
      return (await jobs.cancel(id)).state;
    },
  });
}

/** Makes the handle of a run. @param submitted the receipt, once there is one */
export function runHandle(followed: Followed, id: string, submitted: Promise<JobReceipt>): RunHandle {
  const { jobs } = followed;
  const watch = async function* (): AsyncGenerator<RunView, void, undefined> {
    await submitted;
    yield* viewsOfRun(followed, id);
  };
  return Object.assign(handled(submitted), {
    id,
    watch,
    result: async () => {
      let last: RunView | undefined;
      for await (const view of watch()) {
        last = view;
      }
      return resultsOfRun(jobs, last ?? (await jobs.show_run(id)));
    },
    show: async () => {
      await submitted;
      return jobs.show_run(id);
    },
    cancel: async () => {
      await submitted;
      return (await jobs.cancel(id)).state;
    },
  });
}
