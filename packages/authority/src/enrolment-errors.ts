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

/** Makes the error of a name that a host has with another key. */
export function hostExists(name: string, fingerprint: string): Error {
  const message =
    `host:${name} is enrolled with another key; if the machine was installed anew, let an admin run rpcclient ` +
    `identity.replace_host ${name}, and if it is another machine or server, enrol it by another name (--name)`;
  return authorityError('HOST_EXISTS', message, { details: { name, fingerprint } });
}

/** Makes the error of a host that is one too many to wait for approval. */
export function tooManyWait(limit: number): Error {
  const message = `${String(limit)} hosts wait for approval; let an admin approve or reject some`;
  return authorityError('ENROLMENTS_EXHAUSTED', message);
}
