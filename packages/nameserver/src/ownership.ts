import { type Caller, type NameServerMethods, nameServerObject, type Principal } from '@patchbay/objects';
import { isAuthorized } from '@patchbay/objects/define';

/** Reports whether a caller may do to all names, by a method of the name server, what their owner may. */
export function isAdmin(caller: Caller, method: keyof NameServerMethods): boolean {
  return isAuthorized({ caller, action: 'call', object: nameServerObject, method, access: 'administer' });
}

/** A host or a user: a principal that has proven which one it is. */
export type NamedPrincipal = Exclude<Principal, 'local' | 'anonymous'>;

/** Reports whether a principal is a host or a user, and none of those that are alike. */
export function isNamed(principal: Principal): principal is NamedPrincipal {
  return principal !== 'local' && principal !== 'anonymous';
}

/** Reports whether a principal is a host. */
export function isHost(principal: Principal): principal is `host:${string}` {
  return principal.startsWith('host:');
}

/**
 * Reports whether a caller is the principal that owns a name or a lease. `local` and `anonymous` are one owner, this
 * machine: a server keeps its names when it comes by the socket instead of by TCP. Whoever is `anonymous` and no admin,
 * as on a network, owns nothing.
 */
export function owns(caller: Caller, owner: Principal): boolean {
  const { principal } = caller;
  if (isNamed(owner)) {
    return principal === owner;
  }
  return principal === 'local' || (principal === 'anonymous' && isAdmin(caller, 'register'));
}

/**
 * Reports whether names are registered by the socket file on behalf of a host: such names are the host's, and taken with
 * the rights of `local`, from whom they are taken over where the server was not yet registered so.
 */
export function registersForHost({ principal, delegate }: Caller): boolean {
  return delegate === 'local' && isHost(principal);
}
