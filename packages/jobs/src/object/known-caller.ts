import type { Caller } from '@patchbay/objects';
import { identityError } from '@patchbay/objects/define';

import type { JobsOptions } from './options.js';

/**
 * Refuses who has proven nothing: a job is called as its caller, and nobody can be called for who is nobody.
 *
 * @throws RpcError `CALLER_UNKNOWN`
 */
export function checkKnown({ principal }: Caller, { insecure }: Pick<JobsOptions, 'insecure'>): void {
  if (principal === 'anonymous' && !insecure) {
    const message =
      'a job is called as who submits it, and this caller is anonymous: connect with an identity, or by the socket file';
    throw identityError('CALLER_UNKNOWN', message, { details: { principal } });
  }
}
