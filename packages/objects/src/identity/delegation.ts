import { coreError } from '../errors/core-errors.js';
import type { RpcError } from '../errors/rpc-error.js';
import { quoted } from '../names.js';
import type { Caller, Principal } from './caller.js';
import { identityError } from './identity-error.js';
import { isNamedPrincipal, type NamedPrincipal } from './spiffe-id.js';

/** Who makes a request, and on whose behalf it says that it does. */
export interface Requester {
  readonly caller: Caller;
  /** As it was given; undefined: on its own. */
  readonly onBehalfOf?: string | undefined;
}

/** What a server knows of its cluster's principals, and of who may call on their behalf: see `ClusterPolicy`. */
export interface Delegations {
  /** Returns the caller that a principal is, whose calls `delegate` makes; undefined where it is not active. */
  callerFor(principal: NamedPrincipal, peer: string, delegate: Principal): Caller | undefined;
  /** Reports whether a principal may call a method on behalf of others; without one, any method of the object. */
  mayDelegate(principal: NamedPrincipal, object: string, method?: string): boolean;
}

/** What a request is about, as grants name it. */
interface Requested {
  readonly object: string;
  /** Empty: any of its methods. */
  readonly method: string;
}

/** Returns why nobody can be called for who is named so, `ARGUMENT_INVALID` or `LOGIN_REQUIRED`; undefined if somebody can. */
export function onBehalfOfError(given: unknown): RpcError | undefined {
  if (typeof given === 'string' && isNamedPrincipal(given)) {
    return undefined;
  }
  if (given === 'local') {
    const message =
      'local is somebody on its own machine alone, and no call is made on its behalf: log in as a user ' +
      '(rpcclient login), and let the call be on behalf of that user';
    return identityError('LOGIN_REQUIRED', message);
  }
  const shown = typeof given === 'string' ? quoted(given) : typeof given;
  return coreError('ARGUMENT_INVALID', `onBehalfOf must be host:NAME or user:NAME, not ${shown}`, {
    details: { path: 'onBehalfOf' },
  });
}

/**
 * Returns the caller whose rights a request has: that of the connection, or the principal on whose behalf it is made.
 *
 * @param delegations undefined where the server knows no principals
 * @throws RpcError `ARGUMENT_INVALID`, `LOGIN_REQUIRED`, `DELEGATION_REFUSED`, and why a caller is anonymous that has a certificate
 */
export function effectiveCaller(
  { caller, onBehalfOf }: Requester,
  requested: Requested,
  delegations: Delegations | undefined,
): Caller {
  if (onBehalfOf === undefined) {
    return caller;
  }
  const wrong = onBehalfOfError(onBehalfOf) ?? caller.unproven;
  if (wrong !== undefined) {
    throw wrong;
  }
  if (onBehalfOf === caller.principal) {
    return caller; // what it asks for itself
  }
  if (!mayActFor(caller, requested, delegations)) {
    throw refused(caller, onBehalfOf, requested);
  }
  const effective = delegations?.callerFor(onBehalfOf as NamedPrincipal, caller.peer, caller.principal);
  if (effective === undefined) {
    const why =
      delegations === undefined
        ? 'this server has no identity, and knows no hosts and users'
        : 'it is unknown in this cluster, or was revoked or disabled';
    const message = `${caller.principal} cannot call on behalf of ${onBehalfOf}: ${why}`;
    throw identityError('DELEGATION_REFUSED', message, {
      details: { principal: caller.principal, onBehalfOf },
    });
  }
  return effective;
}

/** Reports whether a caller may make a request on behalf of others: by a socket file, or as a host with the grant for it. */
export function mayActFor(
  { principal, delegate }: Caller,
  { object, method }: Requested,
  delegations: Delegations | undefined,
): boolean {
  if (delegate !== undefined || principal === 'anonymous') {
    return false;
  }
  return principal === 'local' || delegations?.mayDelegate(principal, object, method) === true;
}

function refused({ principal }: Caller, onBehalfOf: string, { object, method }: Requested): RpcError {
  const what = quoted(method === '' ? object : `${object}.${method}`);
  const advice = principal.startsWith('host:')
    ? `let an admin grant it that (rpcclient identity.grant ${principal} delegate OBJECT)`
    : "only hosts with the grant delegate may, and who calls by the socket file of the server's machine";
  const message = `${principal} may not call ${what} on behalf of ${onBehalfOf}: ${advice}`;
  return identityError('DELEGATION_REFUSED', message, { details: { principal, onBehalfOf } });
}
