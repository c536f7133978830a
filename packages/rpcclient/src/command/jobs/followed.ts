import type { JobReceipt } from '@patchbay/objects';
import { escapeControls } from '@patchbay/terminal';

import type { Followed } from '../../jobs/follow.js';
import { ownJobs } from '../../jobs/own-jobs.js';
import { type CommandContext, jobsObjectIn } from '../context.js';

/** Returns the object that keeps jobs, for following what it keeps. */
export function followedBy({ client, clock, signal, environment }: CommandContext): Followed {
  return { jobs: ownJobs(client, jobsObjectIn(environment)), clock, signal };
}

/** Prints what a receipt has to say to people, beside the id. */
export function printNotes(
  { note, away = [] }: JobReceipt,
  { errors }: Pick<CommandContext, 'errors'>,
): void {
  if (note !== undefined) {
    errors.write(`${escapeControls(note)}\n`);
  }
  if (away.length > 0) {
    errors.write(`away: ${escapeControls(away.join(', '))}\n`);
  }
}
