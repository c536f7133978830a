import { isRpcError } from '@patchbay/objects';

import type { CommandContext } from '../command/context.js';
import { askFirst } from './ask-first.js';
import type { CommandCall } from './command-call.js';

/**
 * Returns the call to make in place of one that was refused before its method ran: once a person has agreed to it, or
 * with the content of a file in place of its path. @throws the refusal, if it is another one
 * @param request the call as the command line asks for it, without asking first
 */
export async function afterRefusal(
  attempt: CommandCall,
  request: CommandCall,
  refusal: unknown,
  context: CommandContext,
): Promise<CommandCall> {
  if (isRpcError(refusal, 'CONFIRMATION_REQUIRED') && attempt.metadata !== request.metadata) {
    await askFirst(request, context);
    return { ...attempt, metadata: request.metadata };
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
