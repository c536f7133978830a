import type { JobPolicy } from '@patchbay/objects';

import type { JobRecord } from './records/tables.js';

/** How long after its time limit a worker is told to stop an attempt that it has not stopped by itself, in milliseconds. */
export const limitGraceMs = 10_000;
/** How long a lost job may be lost, in milliseconds: where another attempt does no harm and can be made, and else. */
export const lostAfterMs = { repeatable: 5 * 60_000, other: 24 * 3_600_000 };

/** How long after it was asked for a job expires, where its policy says nothing, in milliseconds. */
const defaultExpiresMs = 7 * 86_400_000;

/** Returns when a job that may begin from a time on expires. */
export function expiresAtMs({ expiresMs = defaultExpiresMs }: JobPolicy, fromMs: number): number {
  return fromMs + expiresMs;
}

/** Reports whether a lost job may be begun again while its worker is away: a host's own jobs only it could make. */
export function isRepeatable({ idempotent, queue }: JobRecord): boolean {
  return idempotent && queue.startsWith('object:');
}

/** Returns when a job leaves its state by the clock, in milliseconds since the Unix epoch; undefined: it does not. */
export function dueAtMs(job: JobRecord): number | undefined {
  switch (job.state) {
    case 'waiting':
      return Math.min(
        job.expiresAtMs,
        job.isGated === true ? Infinity : (job.readyAtMs ?? job.submittedAtMs),
      );
    case 'queued':
      return job.expiresAtMs;
    case 'running':
      return typeof job.timeoutMs === 'number' && job.isOverdue !== true
        ? (job.startedAtMs ?? 0) + job.timeoutMs + limitGraceMs
        : undefined;
    case 'lost':
      return (job.lostAtMs ?? 0) + lostAfterMs[isRepeatable(job) ? 'repeatable' : 'other'];
    default:
      return undefined;
  }
}
