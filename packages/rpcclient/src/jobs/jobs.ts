import {
  type Clock,
  type JobPolicy,
  type JobReceipt,
  type JobsMethods,
  makeProxy,
  type MethodSignature,
  type Signatures,
} from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/session/client';

import type { Followed } from './follow.js';
import { type JobHandle, jobHandle, type RunHandle, runHandle } from './job-handle.js';
import { makeJobId } from './job-id.js';
import { requireKept } from './live-arguments.js';
import { ownJobs, type Submitter } from './own-jobs.js';
import { Patience, persistently } from './patience.js';

/** How calls are kept, and carried out. */
export interface JobsOptions extends JobPolicy {
  /** The object that keeps them. Default: `jobs`. */
  readonly object?: string;
  /** Why the calls are made, such as a ticket; travels with them. */
  readonly reason?: string;
}

/** How calls are carried out on hosts. */
export interface RunsOptions extends JobsOptions {
  /** A selector of hosts: names, groups and labels, such as `group=linux,role!=db`. */
  readonly on: string;
}

/** A remote object whose methods submit calls, and return the handle of each. */
export type JobProxy<S extends Signatures> = {
  readonly [K in keyof S]: S[K] extends MethodSignature<infer A extends readonly unknown[], infer R, unknown>
    ? (...args: A) => JobHandle<R>
    : never;
};

/** A remote object whose methods submit calls to hosts, and return the handle of each run. */
export type RunProxy<S extends Signatures> = {
  readonly [K in keyof S]: S[K] extends MethodSignature<infer A extends readonly unknown[], infer R, unknown>
    ? (...args: A) => RunHandle<R>
    : never;
};

/** How long a receipt is waited for where `jobs` is out of reach, in milliseconds. */
const submitPatienceMs = 30_000;

type SubmitOptions = NonNullable<JobsMethods['submit']['args'][3]>;

/** What both kinds of jobs share. */
class Kept {
  protected readonly followed: Followed;
  readonly #kept: Omit<SubmitOptions, 'id'>;

  constructor(client: Submitter, clock: Clock, options: JobsOptions & { readonly on?: string }) {
    const { object, reason, ...policy } = options;
    this.followed = { jobs: ownJobs(client, object), clock };
    this.#kept = { ...policy, ...(reason === undefined ? {} : { comment: reason }) };
  }

  /** Returns the handle of a job that was submitted before, here or by another program. */
  job<Result = unknown>(id: string): JobHandle<Result> {
    return jobHandle(this.followed, id, this.#known(id, 'job')) as JobHandle<Result>;
  }

  /** Returns the handle of a run that was submitted before, here or by another program. */
  run<Result = unknown>(id: string): RunHandle<Result> {
    return runHandle(this.followed, id, this.#known(id, 'run')) as RunHandle<Result>;
  }

  /** Submits a call, under an id that is made before, so that one that is sent twice is one job. */
  protected submitted(
    id: string,
    object: string,
    method: string,
    args: readonly unknown[],
  ): Promise<JobReceipt> {
    return submit(this.followed, object, method, args, { ...this.#kept, id });
  }

  async #known(id: string, kind: JobReceipt['kind']): Promise<JobReceipt> {
    const { jobs } = this.followed;
    if (kind === 'job') {
      const { state } = await jobs.show(id);
      return { id, kind, state };
    }
    const { hosts } = await jobs.show_run(id);
    const state = hosts.find((each) => each.state !== 'succeeded')?.state ?? 'succeeded';
    return { id, kind, state, hosts: hosts.map(({ host }) => host) };
  }
}

/** Submits calls as jobs: each is kept until it is done, also while its server is away. */
export class Jobs extends Kept {
  /** Returns an object whose calls are submitted. Its type is that of its signatures; nothing is sent yet. */
  proxy<S extends Signatures>(object: string): JobProxy<S> {
    return makeProxy(`Jobs of ${object}`, (method, args) => {
      const id = makeJobId();
      return jobHandle(this.followed, id, this.submitted(id, object, method, args));
    }) as unknown as JobProxy<S>;
  }
}

/** Submits calls to hosts: each host makes the call once it is there. */
export class Runs extends Kept {
  /** Returns an object whose calls are made on the hosts. Its type is that of its signatures; nothing is sent yet. */
  proxy<S extends Signatures>(object: string): RunProxy<S> {
    return makeProxy(`Runs of ${object}`, (method, args) => {
      const id = makeJobId();
      return runHandle(this.followed, id, this.submitted(id, object, method, args));
    }) as unknown as RunProxy<S>;
  }
}

/**
 * Submits a call, again where the receipt was lost: by its id it is the same job.
 *
 * @throws RpcError of `jobs.submit`, `JOB_ARGUMENT_LIVE`
 */
export async function submit(
  { jobs, clock, signal }: Followed,
  object: string,
  method: string,
  args: readonly unknown[],
  options: SubmitOptions & { readonly id: string },
): Promise<JobReceipt> {
  requireKept(object, method, args);
  const called: RemoteObject<JobsMethods> = signal === undefined ? jobs : jobs.with({ signal });
  const patience = new Patience(clock, signal, submitPatienceMs);
  return await persistently(patience, () => called.submit(object, method, args, options));
}
