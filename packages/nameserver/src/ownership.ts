import { type Caller, compileGlob, type Grant, nameServerObject, type Principal } from '@patchbay/objects';

/** Whether grants make their holder an admin; callers of one kind have the same list. */
const adminBy = new WeakMap<readonly Grant[], boolean>();

/** Reports whether a caller may do to names what their owner may, whoever that is. */
export function isAdmin({ roles }: Caller): boolean {
  const known = adminBy.get(roles);
  if (known !== undefined) {
    return known;
  }
  const admin = roles.some(
    ({ role, objects, methods }) =>
      role === 'admin' && methods === '*' && compileGlob(objects).matches(nameServerObject),
  );
  adminBy.set(roles, admin);
  return admin;
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
  return principal === 'local' || (principal === 'anonymous' && isAdmin(caller));
}
