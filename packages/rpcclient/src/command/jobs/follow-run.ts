import { coreError, isRpcError, type JobReceipt, type JobState, type RunView } from '@patchbay/objects';
import { errorLine, escapeControls, formatted, type Format } from '@patchbay/terminal';

import { type Followed, outputOf, viewsOfRun } from '../../jobs/follow.js';
import { outcomesOf, requireSuccess } from '../../jobs/run-results.js';
import type { CommandContext, Output } from '../context.js';
import { LinePrinter } from './line-printer.js';
import { printNotes } from './followed.js';

/** How many hosts are listened to at once; the output of the others is kept, and comes later. */
const maxFollowed = 100;

/** The states in which a job may have written something. */
const mayHaveWritten: ReadonlySet<JobState> = new Set([
  'running',
  'lost',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
]);

/** How a run is followed. */
export interface FollowOptions {
  readonly followed: Followed;
  /** The name of the object that keeps it. */
  readonly jobsObject: string;
  readonly format: Format;
}

/**
 * Prints what the hosts of a run write, each line with its host before it, and then what the call returned where it wrote
 * nothing; for programs, how the run ended on each host, and nothing else. On Ctrl-C the run goes on.
 *
 * @throws RpcError `PARTLY_FAILED`, and `CALL_CANCELLED` on Ctrl-C, which says how to follow the run and how to cancel it
 */
export async function followRun(
  receipt: JobReceipt,
  options: FollowOptions,
  context: CommandContext,
  out: Output,
): Promise<void> {
  const { followed, jobsObject, format } = options;
  const { id, hosts = [] } = receipt;
  if (format === 'table') {
    context.errors.write(
      `run ${escapeControls(id)} on ${hosts.length === 1 ? '1 host' : `${String(hosts.length)} hosts`}\n`,
    );
    printNotes(receipt, context);
  }
  try {
    const printer = format === 'table' ? new RunPrinter(followed, context, out) : undefined;
    let last: RunView | undefined;
    for await (const view of viewsOfRun(followed, id)) {
      last = view;
      printer?.take(view);
    }
    await printer?.done();
    last ??= await followed.jobs.show_run(id);
    const outcomes = await outcomesOf(followed.jobs, last);
    if (printer === undefined) {
      out.write(await formatted(outcomes, format, context.toYaml));
    } else {
      const silent = outcomes.filter(
        ({ job, result = null }) => result !== null && !printer.wrote.has(job ?? ''),
      );
      const rows = silent.map(({ host, result }) => ({ host, result }));
      out.write(rows.length === 0 ? '' : await formatted(rows, format, context.toYaml));
    }
    requireSuccess(last, outcomes);
  } catch (error) {
    throw context.signal.aborted ? goesOn(id, jobsObject, error) : error;
  }
}

function goesOn(id: string, jobsObject: string, cause: unknown): Error {
  const command = `rpcclient ${jobsObject}`;
  return coreError(
    'CALL_CANCELLED',
    `run ${id} goes on: "${command}.output ${id} --follow" follows it, "${command}.cancel ${id}" cancels it`,
    { details: { run: id }, cause },
  );
}

/** Prints what the hosts of a run write, as they write it. */
class RunPrinter {
  readonly #followed: Followed;
  readonly #context: CommandContext;
  readonly #out: Output;
  readonly #seen = new Set<string>();
  readonly #waiting: { readonly host: string; readonly job: string }[] = [];
  readonly #running = new Set<Promise<void>>();
  /** The jobs that wrote something. */
  readonly wrote = new Set<string>();

  constructor(followed: Followed, context: CommandContext, out: Output) {
    this.#followed = followed;
    this.#context = context;
    this.#out = out;
  }

  take({ hosts }: RunView): void {
    for (const { host, job, state } of hosts) {
      if (job !== undefined && mayHaveWritten.has(state) && !this.#seen.has(job)) {
        this.#seen.add(job);
        this.#waiting.push({ host, job });
      }
    }
    this.#fill();
  }

  /** Waits until everything is printed. */
  async done(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all(this.#running);
    }
  }

  #fill(): void {
    while (this.#running.size < maxFollowed) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        return;
      }
      const following = this.#follow(next.host, next.job).finally(() => {
        this.#running.delete(following);
        this.#fill();
      });
      this.#running.add(following);
    }
  }

  async #follow(host: string, job: string): Promise<void> {
    const { errors, signal } = this.#context;
    const prefix = `${escapeControls(host)}: `;
    const printers = { out: new LinePrinter(this.#out, prefix), err: new LinePrinter(errors, prefix) };
    try {
      for await (const { stream, bytes } of outputOf(this.#followed, job)) {
        this.wrote.add(job);
        await printers[stream].write(bytes);
      }
    } catch (error) {
      // The others are followed all the same, and how the run ended does not depend on it.
      if (!signal.aborted && !(isRpcError(error) && error.code === 'NOT_FOUND')) {
        errors.write(`${prefix}${errorLine(error)}\n`);
      }
    }
    printers.out.end();
    printers.err.end();
  }
}
