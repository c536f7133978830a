import type { JobReceipt, JobsMethods } from '@patchbay/objects';
import { escapeControls } from '@patchbay/terminal';

import type { Followed } from '../../jobs/follow.js';
import { type CommandContext, jobsObjectIn } from '../context.js';

/** Returns the object that keeps jobs, for following what it keeps. */
export function followedBy({ client, clock, signal, environment }: CommandContext): Followed {
  return { jobs: client.proxy<JobsMethods>(jobsObjectIn(environment)), clock, signal };
}

/** Prints what a receipt has to say to people, beside the id. */
export function printNotes(
  { note, hosts, away }: JobReceipt,
  { errors }: Pick<CommandContext, 'errors'>,
): void {
  if (hosts !== undefined && away !== undefined && away.length > 0) {
    const names = escapeControls(away.join(', '));
    errors.write(`${String(away.length)} of ${String(hosts.length)} hosts are away: ${names}\n`);
  }
  if (note !== undefined) {
    errors.write(`${escapeControls(note)}\n`);
  }
}
