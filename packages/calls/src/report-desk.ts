import type { Clock } from '@patchbay/objects';

import { callLogError } from './errors.js';
import type { CallRecord } from './record.js';
import type { ReportedCall } from './reports.js';

/** How many calls a server may report at once, and how many a second after that. */
const allowance = { most: 1_000, perSecond: 20 };

/** How many servers are remembered. */
const maxReporters = 10_000;

/** How far back the time of a call may lie that is reported, in milliseconds. */
const maxAgeMs = 24 * 3_600_000;

/** Takes in what servers report, from each no more than it is allowed. */
export class ReportDesk {
  readonly #clock: Clock;
  readonly #left = new Map<string, { count: number; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the records of reported calls. @throws RpcError `REPORTS_EXHAUSTED` */
  take(reporter: string, calls: readonly ReportedCall[]): CallRecord[] {
    const nowMs = this.#clock.monotonicMs();
    const { count, atMs } = this.#left.get(reporter) ?? { count: allowance.most, atMs: nowMs };
    const left = Math.min(allowance.most, count + ((nowMs - atMs) / 1000) * allowance.perSecond);
    if (left < calls.length) {
      const message = `${reporter} reports more calls than it may: ${String(allowance.perSecond)} a second`;
      throw callLogError('REPORTS_EXHAUSTED', message, { details: { reporter } });
    }
    if (this.#left.size >= maxReporters) {
      this.#left.clear();
    }
    this.#left.set(reporter, { count: left - calls.length, atMs: nowMs });
    const now = this.#clock.now();
    return calls.map((call) => ({
      outgoing: false,
      onBehalfOf: undefined,
      peer: undefined,
      code: undefined,
      reason: undefined,
      comment: undefined,
      arguments: undefined,
      answerBytes: undefined,
      answer: undefined,
      ...call,
      atMs: Math.min(now, Math.max(call.atMs, now - maxAgeMs)),
      reportedBy: reporter,
    }));
  }
}
