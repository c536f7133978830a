import { jobsObjectName, type JobView } from '@patchbay/objects';
import type { ObjectClient } from '@patchbay/session/client';

import type {
  Assignment,
  Attempt,
  AttemptOutcome,
  WorkerMethods,
  WorkerOrders,
  WorkerRequest,
} from '../worker-protocol.js';
import { AsHost, type AskOptions } from './as-host.js';

/** An attempt that a host is to make. */
export interface HostAssignment extends Assignment {
  /** Whether it came by a socket file of this machine, so that whoever is `local` there is so here. */
  readonly fromHere: boolean;
}

/** What a host is to do. */
export type HostOrders = Omit<WorkerOrders, 'run'> & { readonly run: readonly HostAssignment[] };

/** What a worker asks `jobs`. */
export interface Worker {
  /** Asks what to do. @throws RpcError where it cannot be asked */
  next(request: WorkerRequest, options: AskOptions): Promise<HostOrders>;
  /** Lists the jobs of its queue. @throws RpcError where it cannot be asked */
  pending(options: AskOptions): Promise<readonly JobView[]>;
  /** Reports that an attempt begins. @throws RpcError `ATTEMPT_STALE`, and where `jobs` cannot be reached */
  start(attempt: Attempt, options: AskOptions): Promise<void>;
  /** Reports how an attempt ended. @throws RpcError `ATTEMPT_STALE`, and where `jobs` cannot be reached */
  finish(attempt: Attempt, outcome: AttemptOutcome, options: AskOptions): Promise<void>;
}

/** Asks the `jobs` that the name server has registered. */
export class HostWorker implements Worker {
  readonly #jobs: AsHost<WorkerMethods>;

  /** @param host returns the host's name */
  constructor(client: ObjectClient, host: () => string) {
    this.#jobs = new AsHost<WorkerMethods>(client, jobsObjectName, host);
  }

  async next(request: WorkerRequest, options: AskOptions): Promise<HostOrders> {
    const { answer, fromHere } = await this.#jobs.ask(options, (jobs) => jobs.next(request));
    return { ...answer, run: answer.run.map((each) => ({ ...each, fromHere })) };
  }

  async pending(options: AskOptions): Promise<readonly JobView[]> {
    return (await this.#jobs.ask(options, (jobs) => jobs.pending())).answer.jobs;
  }

  async start({ id, attempt }: Attempt, options: AskOptions): Promise<void> {
    await this.#jobs.ask(options, (jobs) => jobs.start(id, attempt));
  }

  /**
   * Hands over frames of what an attempt writes, from an offset on; returns the offset that follows what `jobs` has.
   *
   * @throws RpcError as `WorkerMethods.upload`, and where it cannot be told
   */
  async upload(
    { id, attempt }: Attempt,
    from: number,
    frames: AsyncIterable<Uint8Array>,
    options: AskOptions,
  ): Promise<number> {
    const { answer } = await this.#jobs.ask(options, (jobs) => jobs.upload(id, attempt, from, frames));
    return answer.next;
  }

  async finish({ id, attempt }: Attempt, outcome: AttemptOutcome, options: AskOptions): Promise<void> {
    await this.#jobs.ask(options, (jobs) => jobs.finish(id, attempt, outcome));
  }
}
