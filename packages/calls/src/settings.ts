import { z } from 'zod';

import { bytesSchema, durationSchema } from '@patchbay/objects/define';

/**
 * Which calls are logged: none, failed ones, also those that need an operator or an admin, or all. What is refused and
 * what changes identities is logged whatever is set.
 */
const loggedCalls = ['none', 'failed', 'operate', 'all'] as const;
/** Which calls are logged. */
type LoggedCallsSetting = (typeof loggedCalls)[number];

const day = 86_400_000;
const mib = 1024 ** 2;

/** The schema of a daemon's settings of the call log. */
export const callLogSettings = z.strictObject({
  incoming: z
    .enum(loggedCalls)
    .default('operate')
    .describe('which calls of this daemon: `failed`, `operate` (also those that need an operator), `all`'),
  outgoing: z.enum(loggedCalls).default('operate').describe('which calls that this daemon makes, likewise'),
  arguments: z.boolean().default(true).describe('whether their arguments are kept, with secrets masked'),
  results: z.boolean().default(false).describe('whether their results are kept, with secrets masked'),
  except: z
    .array(z.string().min(1))
    .default([])
    .describe('the callers whose calls are not logged, such as `user:monitor`'),
  keep: durationSchema()
    .min(60_000)
    .default(90 * day)
    .describe('how long calls are kept'),
  maxBytes: bytesSchema()
    .min(mib)
    .default(1024 * mib)
    .describe('how large the log may grow; the oldest calls go first'),
});
/** The settings of a call log. */
export type CallLogSettings = z.infer<typeof callLogSettings>;

/** Reports whether a call is logged. */
export function isLogged(setting: LoggedCallsSetting, failed: boolean, needsOperator: boolean): boolean {
  switch (setting) {
    case 'none':
      return false;
    case 'failed':
      return failed;
    case 'operate':
      return failed || needsOperator;
    case 'all':
      return true;
  }
}
