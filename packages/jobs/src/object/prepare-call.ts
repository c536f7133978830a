import {
  type Caller,
  coreError,
  type JobPolicy,
  type JsonSchema,
  type MethodDescription,
} from '@patchbay/objects';
import { authorize } from '@patchbay/objects/define';

import { jobsError } from '../errors.js';
import type { NewJob } from '../queue/new-job.js';
import type { JobRecord } from '../records/tables.js';
import { neverRetried } from '../retries.js';
import type { Target } from './targets.js';

/** The most that the arguments of a job may be as JSON, in bytes. */
const maxArgumentBytes = 256 * 1024;

/** A call as its caller asks for it. */
export interface AskedCall {
  readonly object: string;
  readonly method: string;
  readonly args: JobRecord['args'];
  readonly policy: JobPolicy;
  readonly comment: string | undefined;
  readonly caller: Caller;
}

/** A call that may be kept; what is left to say is its id and its queue. */
export type PreparedCall = Omit<NewJob, 'id' | 'queue'>;

/**
 * Checks whether a call may be kept, by what its method says of itself.
 *
 * @throws RpcError `CALLER_REFUSED`, `CALLER_UNKNOWN`, `JOB_RESULT_SECRET`, `JOB_ARGUMENT_LIVE`, `POLICY_INVALID`,
 *   `REASON_REQUIRED`, `ARGUMENT_INVALID`
 */
export function prepareCall(asked: AskedCall, { method: described }: Target): PreparedCall {
  const { object, method, args, comment, caller } = asked;
  const { access = 'operate', idempotent } = described;
  authorize({ caller, action: 'call', object, method, access });
  checkResult(`${object}.${method}`, described);
  if (described.requiresReason === true && comment === undefined) {
    throw coreError('REASON_REQUIRED', `${object}.${method} wants to know why it is called; give --reason`);
  }
  checkArguments(args, described);
  const policy = checkPolicy({ ...described.job, ...asked.policy });
  const timeoutMs = policy.timeoutMs ?? described.timeoutMs;
  return {
    ...{ object, method, args, policy, idempotent, access },
    caller: caller.principal,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(comment === undefined ? {} : { comment }),
  };
}

function checkResult(what: string, { returns, yields }: MethodDescription): void {
  if (holds(returns, isSecret) || (yields !== undefined && holds(yields, isSecret))) {
    const message = `the result of ${what} is secret and is not kept; call it without --async`;
    throw jobsError('JOB_RESULT_SECRET', message);
  }
}

function checkArguments(args: JobRecord['args'], { args: positional, options }: MethodDescription): void {
  const named = args.length > positional.length ? args.at(-1) : undefined;
  const given = [
    ...positional.map(({ name, schema }, index) => ({ name, schema, value: args[index] })),
    ...options.map(({ name, schema }) => ({ name, schema, value: valueAt(named, name) })),
  ];
  for (const { name, schema, value } of given) {
    if (value === undefined) {
      continue;
    }
    const details = { path: name };
    if (holds(schema, isLive)) {
      const message = `${name} is a stream or a function, which cannot be kept for later; upload the file first`;
      throw jobsError('JOB_ARGUMENT_LIVE', message, { details });
    }
    if (holds(schema, isSecret)) {
      const message = `${name} is secret, and is not kept; call the method without --async`;
      throw coreError('ARGUMENT_INVALID', message, { details });
    }
  }
  const bytes = Buffer.byteLength(JSON.stringify(args));
  if (bytes > maxArgumentBytes) {
    const message = `the arguments are ${String(bytes)} bytes of JSON, and a job keeps at most ${String(maxArgumentBytes)}`;
    throw coreError('ARGUMENT_INVALID', message, { details: { path: 'args' } });
  }
}

function checkPolicy(policy: JobPolicy): JobPolicy {
  const { retryOn = [], retries } = policy;
  if (retryOn.includes(neverRetried)) {
    const message = `a job is never tried again after ${neverRetried}: leave it out`;
    throw jobsError('POLICY_INVALID', message, { details: { path: 'retryOn' } });
  }
  if (retryOn.length > 0 && retries === undefined) {
    const message = 'retryOn says when to try again, and retries how often: give both';
    throw jobsError('POLICY_INVALID', message, { details: { path: 'retries' } });
  }
  return policy;
}

function valueAt(options: unknown, name: string): unknown {
  return typeof options === 'object' && options !== null && Object.hasOwn(options, name)
    ? (options as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** Reports whether something is true of a schema, or of one within it. */
function holds(schema: JsonSchema, test: (schema: Readonly<Record<string, unknown>>) => boolean): boolean {
  const left: unknown[] = [schema];
  for (const each of left) {
    if (Array.isArray(each)) {
      left.push(...(each as unknown[]));
    } else if (typeof each === 'object' && each !== null) {
      const record = each as Readonly<Record<string, unknown>>;
      if (test(record)) {
        return true;
      }
      for (const [key, value] of Object.entries(record)) {
        // A map of schemas, whose keys are names.
        left.push(
          ...(key === 'properties' || key === '$defs'
            ? Object.values(value as Readonly<Record<string, unknown>>)
            : [value]),
        );
      }
    }
  }
  return false;
}

function isSecret({ secret }: Readonly<Record<string, unknown>>): boolean {
  return secret === true;
}

function isLive({ stream, callback }: Readonly<Record<string, unknown>>): boolean {
  return stream === 'bytes' || Array.isArray(callback) || (stream !== null && typeof stream === 'object');
}
