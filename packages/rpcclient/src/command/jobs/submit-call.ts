import { coreError, isRpcError, type MethodDescription } from '@patchbay/objects';
import { errorLine, escapeControls, formatted } from '@patchbay/terminal';

import { makeJobId } from '../../jobs/job-id.js';
import { submit } from '../../jobs/jobs.js';
import { askFirst } from '../ask-first.js';
import { type CommandContext, jobsObjectIn, type Output } from '../context.js';
import { findMethod } from '../find-method.js';
import type { Settings, Submission } from '../settings.js';
import { warnOfTypedSecrets } from '../typed-secrets.js';
import { describedArguments, type JobArguments, undescribedArguments } from './job-arguments.js';
import { followRun } from './follow-run.js';
import { followedBy, printNotes } from './followed.js';
import { readPolicy } from './policy-text.js';

/** A call that is to be a job, as a command line asks for it. */
export interface SubmittedCall extends Pick<
  Settings,
  'timeoutMs' | 'metadata' | 'asksFirst' | 'format' | 'outputFile' | 'watchMs'
> {
  readonly object: string;
  readonly method: string;
  readonly args: readonly string[];
  readonly submission: Submission;
}

/**
 * Submits a call as a job, and prints its id; a run is followed to its end, unless its submission returns at once.
 *
 * @throws RpcError `POLICY_INVALID`, `JOB_ARGUMENT_LIVE`, `PARTLY_FAILED`, and of `jobs.submit`
 */
export async function submitCall(call: SubmittedCall, context: CommandContext, out: Output): Promise<void> {
  const { object, method, submission, metadata, timeoutMs, format } = call;
  if (call.watchMs !== undefined || call.outputFile !== undefined) {
    const option = call.watchMs === undefined ? '--output' : '--watch';
    throw coreError('ARGUMENT_INVALID', `${option} is for calls that are made at once, not for jobs`);
  }
  const { on, policy: typed } = submission;
  const policy = typed === undefined ? {} : readPolicy(typed, context.clock.now(), on !== undefined);
  const { values, typedSecrets } = await argumentsOf(call, context);
  const id = policy.id ?? makeJobId();
  const followed = followedBy(context);
  const receipt = await submit(followed, object, method, values, {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...policy,
    id,
    ...(on !== undefined && { on }),
    ...(metadata.reason !== undefined && { comment: metadata.reason }),
  });
  warnOfTypedSecrets(typedSecrets, context);
  if (receipt.kind === 'run' && !submission.returns) {
    await followRun(
      receipt,
      { followed, jobsObject: jobsObjectIn(context.environment), format },
      context,
      out,
    );
    return;
  }
  printNotes(receipt, context);
  out.write(format === 'table' ? `${receipt.id}\n` : await formatted(receipt, format, context.toYaml));
}

/** Reads the arguments of a call, by the description of its method where there is one. */
async function argumentsOf(call: SubmittedCall, context: CommandContext): Promise<JobArguments> {
  const described = await describe(call, context);
  if (described === undefined) {
    return { values: undescribedArguments(call.args), typedSecrets: [] };
  }
  if (described.requiresReason === true && (call.metadata.reason ?? '').trim() === '') {
    const message = `${call.object}.${call.method} wants to know why it is called: give --reason TEXT`;
    throw coreError('REASON_REQUIRED', message);
  }
  if (described.destructive === true && call.asksFirst && context.hasPerson()) {
    await askFirst(call, context);
  }
  const { openStreams } = await import('../streamed-args.js');
  const opened = openStreams(call.args, context.standardInput, {
    method: call.method,
    describe: () => context.client.describe(call.object),
    errors: context.errors,
  });
  return await describedArguments(described, opened);
}

/**
 * Returns the description of the method; undefined where nobody here can describe it: its server is away, or its object
 * is on the hosts alone.
 *
 * @throws RpcError `METHOD_NOT_FOUND`, and why it is not described where the call could not be made either
 */
async function describe(
  call: SubmittedCall,
  context: CommandContext,
): Promise<MethodDescription | undefined> {
  const { object, method, submission } = call;
  let described;
  try {
    described = await context.client.describe(object);
  } catch (error) {
    const mayBeElsewhere = submission.on !== undefined || (isRpcError(error) && error.code === 'UNAVAILABLE');
    if (!mayBeElsewhere) {
      throw error;
    }
    const why = errorLine(error).replace(/^error: /, '');
    context.errors.write(
      `note: nobody describes ${escapeControls(object)} here, so its arguments are sent as JSON or text, unchecked: ${why}\n`,
    );
    return undefined;
  }
  return findMethod(described, method);
}
