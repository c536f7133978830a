import { defineErrors } from '../errors/define-errors.js';
import type { RpcError } from '../errors/rpc-error.js';

/** Creates the errors of callers who are not known, or not any more. */
export const identityError = defineErrors({
  CALLER_UNKNOWN: [
    'UNAUTHENTICATED',
    "The method needs a known caller, and this one is anonymous: connect by the socket file of the server's machine, or with an identity that the server knows.",
  ],
  CERTIFICATE_EXPIRED: [
    'UNAUTHENTICATED',
    "The caller's certificate has ended; the message has both clocks. A server renews its own; a user logs in again.",
  ],
  CERTIFICATE_NOT_YET_VALID: [
    'UNAUTHENTICATED',
    "The caller's certificate begins later than now: set the clock that is wrong; the message has both.",
  ],
  CERTIFICATE_REVOKED: [
    'UNAUTHENTICATED',
    'The host or user was revoked or disabled, or its key replaced or removed: enrol again with a new token.',
  ],
  CERTIFICATE_FOREIGN: [
    'UNAUTHENTICATED',
    'The certificate is one of another cluster or authority: enrol here with a token.',
  ],
  DELEGATION_REFUSED: [
    'PERMISSION_DENIED',
    'The caller may not call on behalf of others, or not of this one: a host needs the grant "delegate" for the method, and whom it calls for must be active in the cluster.',
  ],
  LOGIN_REQUIRED: [
    'UNAUTHENTICATED',
    'The caller has no identity where one is needed, as over TCP; the time of its login is over; or a call was to be made on behalf of local, which is nobody elsewhere: log in with a token.',
  ],
  IDENTITY_FILE_UNSAFE: [
    'FAILED_PRECONDITION',
    "The file of an identity, or of a certificate or its key, can be read or replaced by others, or cannot be used: its owner must be the daemon's user or root, the mode of what is secret 0600.",
  ],
  SIGNATURE_INVALID: [
    'UNAUTHENTICATED',
    'An API key does not count here, or the signature or proof made with it is not right, or was used before; which of these is not told.',
  ],
  CLOCK_SKEWED: [
    'UNAUTHENTICATED',
    'A call was signed more than 300 s before or after now: set the clock that is wrong; the message has both.',
  ],
  SERVER_RESTARTED: [
    'UNAVAILABLE',
    'A call was not signed for this run of the server, which is details.server: sign it anew for that one. It has not begun.',
  ],
  NONCES_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'An API key signed more calls in ten minutes than the server remembers: open a session with it, or wait.',
  ],
  SERVER_NOT_EXPECTED: [
    'UNAUTHENTICATED',
    'Who answers at the address is not the server that the name server has registered there, or cannot prove it.',
  ],
  SECRET_UNREADABLE: [
    'FAILED_PRECONDITION',
    'A secret was sealed to another host, or for another call or argument, or the host has another key since: make the call anew.',
  ],
  PERMISSION_REVOKED: [
    'PERMISSION_DENIED',
    'The caller lost the right to the method while the call ran, which may have taken effect; ask an admin.',
  ],
});

/** Makes the error of a certificate that does not count at this time. @param limitMs when it ended, or begins */
export function certificateTimeError(
  reason: 'CERTIFICATE_EXPIRED' | 'CERTIFICATE_NOT_YET_VALID',
  whose: string,
  limitMs: number,
  nowMs: number,
): RpcError {
  const [limit, now] = [limitMs, nowMs].map((ms) => new Date(ms).toISOString());
  const isOver = reason === 'CERTIFICATE_EXPIRED';
  return identityError(
    reason,
    `the certificate of ${whose} ${isOver ? 'ended' : 'begins'} at ${String(limit)}, and the server's clock says ` +
      `${String(now)}; ${isOver ? 'renew it (a user logs in again)' : 'wait'}, or set the clock that is wrong`,
    { details: { [isOver ? 'notAfter' : 'notBefore']: limit, serverTime: now } },
  );
}
