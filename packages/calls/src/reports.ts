import { backoffMs, type Clock, type Log, PeriodicTask } from '@patchbay/objects';
import { z } from 'zod';

import type { CallRecord } from './record.js';

/** How many calls wait to be reported, how many are sent at once, and how often at most, in milliseconds. */
const limits = { waiting: 1_000, batch: 100, everyMs: 1_000 };

const retry = { firstMs: 1_000, maxMs: 60_000, jitter: true };

const name = z.string().max(256);

/** The schema of a call as a server reports it: bounded, as whoever reports may be hostile. */
export const reportedCall = z.object({
  atMs: z.int().nonnegative(),
  durationUs: z.int().nonnegative(),
  caller: name,
  onBehalfOf: name.optional(),
  object: name,
  method: name,
  peer: name.optional(),
  code: name.optional(),
  reason: name.optional(),
  comment: name.optional(),
  callId: name,
  correlationId: name,
  /** As JSON, with secrets masked. */
  arguments: z.string().max(4_096).optional(),
});
/** A call as a server reports it. */
export type ReportedCall = z.infer<typeof reportedCall>;

/** The schema of what a server reports at once. */
export const reportedCalls = reportedCall.array().max(limits.batch);

/** Sends calls to the name server. @param missed how many before them were not sent */
export type SendReports = (calls: ReportedCall[], missed: number) => Promise<unknown>;

/** Reports calls to the name server as they are answered. What cannot be sent in time is dropped, and counted. */
export class CallReporter implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #sending: PeriodicTask;
  readonly #waiting: ReportedCall[] = [];
  #missed = 0;
  #nextAtMs = -Infinity;

  constructor(options: { readonly send: SendReports; readonly clock: Clock; readonly log: Log }) {
    const { send, clock, log } = options;
    this.#clock = clock;
    this.#sending = PeriodicTask.start({
      clock,
      background: true,
      run: () => this.#run(send),
      onFailure: (error, failures) => {
        log.debug('cannot report calls to the name server; trying again', { error });
        return backoffMs(retry, failures);
      },
    });
  }

  /** Reports a call soon. */
  add(record: CallRecord): void {
    if (this.#waiting.length >= limits.waiting) {
      this.#missed++;
      return;
    }
    this.#waiting.push(reportOf(record));
    if (this.#waiting.length === 1) {
      void this.#sending.wake();
    }
  }

  /** Stops; what still waits is not sent. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#sending.close();
  }

  /** Sends some of what waits, and returns when to send the rest, in milliseconds; undefined if there is none. */
  async #run(send: SendReports): Promise<number | undefined> {
    const waitMs = this.#nextAtMs - this.#clock.monotonicMs();
    if (this.#waiting.length === 0 || waitMs > 0) {
      return this.#waiting.length === 0 ? undefined : waitMs;
    }
    const calls = this.#waiting.slice(0, limits.batch);
    const missed = this.#missed;
    await send(calls, missed);
    this.#waiting.splice(0, calls.length);
    this.#missed -= missed;
    this.#nextAtMs = this.#clock.monotonicMs() + limits.everyMs;
    return this.#waiting.length === 0 ? undefined : limits.everyMs;
  }
}

function reportOf(record: CallRecord): ReportedCall {
  const known = Object.keys(reportedCall.shape);
  const present = Object.entries(record).filter(([key, value]) => known.includes(key) && value !== undefined);
  return Object.fromEntries(present) as ReportedCall;
}
