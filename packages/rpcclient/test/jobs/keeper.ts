import { once, EventEmitter } from 'node:events';
import { z } from 'zod';

import {
  type JobOutcome,
  type JobReceipt,
  jobsError,
  RpcError,
  type JobState,
  type JobView,
  type ObjectDefinition,
  type OutputChunk,
  type RunView,
} from '@patchbay/objects';
import {
  arg,
  defineObject,
  jobId,
  jobPolicy,
  jobReceipt,
  jobView,
  method,
  outputChunk,
  runView,
} from '@patchbay/objects/define';

interface KeptJob {
  view: JobView;
  readonly chunks: OutputChunk[];
}

/** Keeps calls as `jobs` does, and carries none out: how each goes on, a test says. */
export class Keeper {
  readonly jobs = new Map<string, KeptJob>();
  readonly runs = new Map<
    string,
    { readonly view: Omit<RunView, 'hosts' | 'tally'>; readonly hosts: string[] }
  >();
  /** How often `submit` was called. */
  submitted = 0;
  /** Whether the next receipt is lost on its way. */
  losesReceipt = false;
  readonly #changed = new EventEmitter().setMaxListeners(1_000);

  /** The object; a server that starts anew may host it anew. */
  get definition(): ObjectDefinition {
    const id = arg('id', jobId, 'the job');
    return defineObject({
      summary: 'Keeps calls',
      methods: {
        submit: method({
          summary: 'Keep a call',
          args: [
            arg('object', z.string(), ''),
            arg('method', z.string(), ''),
            arg('args', z.array(z.json()), ''),
          ],
          options: {
            ...jobPolicy.shape,
            id: jobId.optional(),
            on: z.string().optional(),
            comment: z.string().optional(),
          },
          returns: jobReceipt,
          idempotent: true,
          run: (object, called, args, { id: given = 'none', on, comment, ...policy }) => {
            this.submitted++;
            const call = { object, method: called, args, policy, caller: 'local', submittedAtMs: 1, comment };
            if (on === undefined) {
              this.#keep(given, { ...call, id: given, queue: `object:${object}` });
              if (this.losesReceipt) {
                this.losesReceipt = false;
                throw new RpcError('UNAVAILABLE', 'CONNECTION_LOST', 'the connection broke');
              }
              return { id: given, kind: 'job', state: 'queued' } satisfies JobReceipt;
            }
            const hosts = on.split(',');
            this.runs.set(given, { view: { ...call, id: given, selector: on }, hosts });
            for (const host of hosts) {
              this.#keep(`${given}@${host}`, {
                ...call,
                id: `${given}@${host}`,
                queue: `host:${host}`,
                run: given,
              });
            }
            return { id: given, kind: 'run', state: 'queued', hosts } satisfies JobReceipt;
          },
        }),
        show: method({
          summary: 'Show',
          args: [id],
          returns: jobView,
          idempotent: true,
          run: (of) => this.#of(of).view,
        }),
        show_run: method({
          summary: 'Show',
          args: [id],
          returns: runView,
          idempotent: true,
          run: (of) => this.run(of),
        }),
        watch: method({
          summary: 'Watch',
          args: [id],
          yields: jobView,
          returns: jobView,
          idempotent: true,
          run: (of, { signal }) =>
            this.#views(
              () => this.#of(of).view,
              ({ outcome }) => outcome !== undefined,
              signal,
            ),
        }),
        watch_run: method({
          summary: 'Watch',
          args: [id],
          yields: runView,
          returns: runView,
          idempotent: true,
          run: (of, { signal }) =>
            this.#views(
              () => this.run(of),
              ({ finishedAtMs }) => finishedAtMs !== undefined,
              signal,
            ),
        }),
        cancel: method({
          summary: 'Cancel',
          args: [id],
          returns: z.object({ state: z.string() }),
          run: (of) => {
            for (const job of this.runs.get(of)?.hosts.map((host) => `${of}@${host}`) ?? [of]) {
              this.finish(job, { state: 'cancelled', by: 'user:alice' });
            }
            return { state: 'cancelled' };
          },
        }),
        output: method({
          summary: 'Read what it wrote',
          args: [id],
          options: {
            from: z.int().default(0),
            follow: z.boolean().default(false),
            stream: z.enum(['out', 'err']).optional(),
            find: z.string().optional(),
            attempt: z.int().optional(),
          },
          yields: outputChunk,
          returns: z.object({ next: z.int(), bytes: z.int() }),
          idempotent: true,
          run: (of, options, { signal }) => this.#output(of, options, signal),
        }),
      },
    });
  }

  /** Lets a job begin. */
  start(id: string): void {
    this.#change(id, { state: 'running', attempt: 1 });
  }

  /** Lets a job write; each chunk is as many bytes further. */
  write(id: string, stream: 'out' | 'err', text: string): void {
    const { chunks } = this.#of(id);
    const bytes = Buffer.from(text);
    chunks.push({ stream, atMs: 0, bytes, next: (chunks.at(-1)?.next ?? 0) + bytes.length });
    this.#changed.emit('change');
  }

  /** Ends a job. */
  finish(id: string, outcome: JobOutcome): void {
    this.#change(id, { state: outcome.state, outcome });
  }

  /** Marks a job as lost: its worker is not heard of. */
  lose(id: string): void {
    this.#change(id, { state: 'lost' });
  }

  run(id: string): RunView {
    const run = this.runs.get(id);
    if (run === undefined) {
      throw jobsError('RUN_NOT_FOUND', `there is no run ${id}`);
    }
    const hosts = run.hosts.map((host) => {
      const { view } = this.#of(`${id}@${host}`);
      return { host, job: view.id, state: view.state, ended: view.outcome !== undefined };
    });
    const tally: Partial<Record<JobState, number>> = {};
    for (const { state } of hosts) {
      tally[state] = (tally[state] ?? 0) + 1;
    }
    const ended = hosts.every((each) => each.ended);
    return { ...run.view, tally, hosts, ...(ended ? { finishedAtMs: 2 } : {}) };
  }

  #keep(id: string, call: Omit<JobView, 'state' | 'attempt'>): void {
    const job = this.jobs.get(id);
    if (job !== undefined && job.view.method !== call.method) {
      throw jobsError('JOB_EXISTS', `${id} is another call`);
    }
    this.jobs.set(id, job ?? { view: { ...call, state: 'queued', attempt: 0 }, chunks: [] });
    this.#changed.emit('change');
  }

  #of(id: string): KeptJob {
    const job = this.jobs.get(id);
    if (job === undefined) {
      throw jobsError('JOB_NOT_FOUND', `there is no job ${id}`);
    }
    return job;
  }

  #change(id: string, change: Partial<JobView>): void {
    const job = this.#of(id);
    job.view = { ...job.view, ...change };
    this.#changed.emit('change');
  }

  async *#views<V>(
    view: () => V,
    isLast: (view: V) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<V, V, undefined> {
    for (;;) {
      const now = view();
      if (isLast(now)) {
        return now;
      }
      const changed = once(this.#changed, 'change', { signal });
      changed.catch(() => undefined);
      yield now;
      await changed;
    }
  }

  async *#output(
    id: string,
    { from, follow, stream }: { from: number; follow: boolean; stream?: 'out' | 'err' | undefined },
    signal: AbortSignal,
  ): AsyncGenerator<OutputChunk, { next: number; bytes: number }, undefined> {
    let next = from;
    for (;;) {
      const changed = once(this.#changed, 'change', { signal });
      changed.catch(() => undefined);
      const { chunks, view } = this.#of(id);
      for (const chunk of chunks) {
        if (chunk.next > next) {
          next = chunk.next;
          if (stream === undefined || chunk.stream === stream) {
            yield chunk;
          }
        }
      }
      if (!follow || (view.outcome !== undefined && chunks.every((each) => each.next <= next))) {
        return { next, bytes: next };
      }
      await changed;
    }
  }
}
