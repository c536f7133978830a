/** The name of the object that keeps calls. */
export const jobsObjectName = 'jobs';

/** The states of a job; the last five are final. */
export const jobStates = [
  'waiting',
  'queued',
  'claimed',
  'running',
  'lost',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
  'interrupted',
] as const;
/** The state of a job. */
export type JobState = (typeof jobStates)[number];

/** The states that a job stays in, unless somebody has it tried again. */
export const finalJobStates = ['succeeded', 'failed', 'cancelled', 'expired', 'interrupted'] as const;

/** Reports whether a job in this state has ended. */
export function isFinalJobState(state: JobState): boolean {
  return (finalJobStates as readonly JobState[]).includes(state);
}
