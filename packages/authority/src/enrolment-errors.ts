import { quoted } from '@patchbay/objects';
import { identityError } from '@patchbay/objects/define';

import { authorityError } from './errors.js';
import type { GoodToken } from './tokens.js';

/** Returns the name to enrol under. @throws RpcError `ENROLMENT_UNNAMED`, `ENROLMENT_NAME_REFUSED` */
export function nameFor(wished: string | undefined, good: GoodToken | undefined): string {
  const named = good?.record.name;
  if (named !== undefined && wished !== undefined && named !== wished) {
    const message = `the token ${good?.id ?? ''} is for ${quoted(named)}, not ${quoted(wished)}; let an admin make one for it`;
    throw authorityError('ENROLMENT_NAME_REFUSED', message, { details: { name: named } });
  }
  const name = named ?? wished;
  if (name === undefined) {
    throw authorityError('ENROLMENT_UNNAMED', 'the token names nobody: say under which name to enrol');
  }
  return name;
}

/** Makes the error of a host or user that is one no more. */
export function gone(principal: string, state: string): Error {
  const message = `${principal} was ${state}; let an admin take it back`;
  return authorityError('HOST_REVOKED', message, { details: { principal, state } });
}

/** Makes the error of a key that is not a principal's. Whoever has not the key is not told whether there is such a host or user. */
export function notItsKey(principal: string, fingerprint: string): Error {
  const message = `the key ${fingerprint} is not one of ${principal}'s; enrol again with a token of an admin's`;
  return identityError('CERTIFICATE_REVOKED', message, { details: { principal, fingerprint } });
}
