import type { Caller } from './caller.js';
import type { PolicyPrincipal } from './policy-document.js';
import type { NamedPrincipal } from './spiffe-id.js';

/** Why somebody with a certificate is not known: a reason of `identityError`, and a message. */
export interface UnknownCaller {
  readonly reason: 'CALLER_UNKNOWN' | 'CERTIFICATE_REVOKED';
  readonly message: string;
  /** Whether the server may know it in a moment, as when it was enrolled just now. Default: false. */
  readonly isTemporary?: boolean;
}

/** Reports whether a certificate makes no caller. */
export function isUnknownCaller(caller: Caller | UnknownCaller): caller is UnknownCaller {
  return 'reason' in caller;
}

/** Somebody who has proven to hold a key. */
interface KeyHolder {
  readonly principal: NamedPrincipal;
  readonly fingerprint: string;
  readonly cluster: string;
  /** Whether a PKI of the cluster's own vouches for keys, which are not listed. */
  readonly isVouched: boolean;
  /** Whether users are refused because the store was restored, until servers had time to report later revocations. */
  readonly isHeld: boolean;
}

/** Returns what is known of a principal as long as it is active with a key, or why it is nobody. */
export function knownHolder(
  known: PolicyPrincipal | undefined,
  { principal, fingerprint, cluster, isVouched, isHeld }: KeyHolder,
): PolicyPrincipal | UnknownCaller {
  if (known === undefined) {
    const way = isVouched ? 'let an admin add it' : "enrol with a token of an admin's";
    const message = `the cluster ${cluster} has no ${principal}; ${way}`;
    return { reason: 'CALLER_UNKNOWN', message };
  }
  if (known.state === 'revoked') {
    return { reason: 'CERTIFICATE_REVOKED', message: `${principal} was revoked or disabled; ask an admin` };
  }
  if (!isVouched && !known.fingerprints.includes(fingerprint)) {
    return {
      reason: 'CERTIFICATE_REVOKED',
      message: `the key ${fingerprint} is none of ${principal}'s, or no more; enrol again with a token of an admin's`,
    };
  }
  if (isHeld) {
    const message =
      'the name server was restored from a backup, and lets no user in until servers had the time to say what was ' +
      'revoked since: try again in a few seconds';
    return { reason: 'CALLER_UNKNOWN', message, isTemporary: true };
  }
  return known;
}
