import { isRpcError } from '@patchbay/objects';

import type { CommandContext, Output } from '../command/context.js';
import { askFirst } from '../command/ask-first.js';
import type { CommandCall } from './command-call.js';

/**
 * Returns the call to make in place of one that was refused before its method ran: once a person has agreed to it, or
 * with the content of a file in place of its path; undefined where it was submitted as a job. @throws the refusal, if
 * it is another one
 * @param request the call as the command line asks for it, without asking first
 */
export async function afterRefusal(
  attempt: CommandCall,
  request: CommandCall,
  refusal: unknown,
  context: CommandContext,
  out: Output,
): Promise<CommandCall | undefined> {
  if (isRpcError(refusal, 'CONFIRMATION_REQUIRED') && attempt.metadata.confirm !== undefined) {
    await askFirst(request, context);
    return { ...attempt, metadata: { ...request.metadata, ...(request.mayBeJob && { job: 'ask' }) } };
  }
  if (isRpcError(refusal, 'JOB_EXPECTED')) {
    const { submitCall } = await import('../command/jobs/submit-call.js');
    const submission = { on: undefined, policy: undefined, returns: true };
    const asksFirst = attempt.metadata.confirm !== undefined; // else a person has agreed already, or is not there
    await submitCall({ ...request, asksFirst, submission }, context, out);
    return undefined;
  }
  if (!isRpcError(refusal, 'FILE_EXPECTED')) {
    throw refusal;
  }
  // Only the server knows from the schema that a path means the file's content.
  const { withFileContent } = await import('../command/streamed-args.js');
  const args = withFileContent(attempt.args, refusal);
  if (args === undefined) {
    throw refusal;
  }
  return { ...attempt, args };
}
