import { coreError } from '../errors/core-errors.js';
import type { RpcError } from '../errors/rpc-error.js';
import { maxObjectNameLength, quoted } from '../names.js';
import type { Access } from './access.js';
import type { Caller, Role } from './caller.js';
import { identityError } from './identity-error.js';
import { levelOf, rankOf, reaches } from './policy.js';

/** What a caller asks for: to call a method, or to see that it exists. */
export interface AccessRequest {
  readonly caller: Caller;
  readonly action: 'call' | 'describe';
  /** The name that the object is hosted under. */
  readonly object: string;
  readonly method: string;
  /** What the method declares that its caller must be. */
  readonly access: Access;
}

const roleOf: Readonly<Partial<Record<Access, Role>>> = {
  view: 'viewer',
  operate: 'operator',
  administer: 'admin',
};

/**
 * Reports whether a caller may do what it asks for: call what its level reaches, and see that, and all that it has a role
 * on. Whatever nothing allows is refused.
 */
export function isAuthorized({ caller, action, object, method, access }: AccessRequest): boolean {
  const rank = action === 'call' ? rankOf[access] : Math.min(rankOf[access], rankOf.view);
  return reaches(caller, rank, object, method);
}

/**
 * Refuses what a caller may not do.
 *
 * @param called the method as the caller knows it, where that is not the one that grants name
 * @throws RpcError `CALLER_UNKNOWN`, `CALLER_REFUSED`
 */
export function authorize(request: AccessRequest, called?: string): void {
  if (!isAuthorized(request)) {
    throw refusal(request, called);
  }
}

/** Reports whether a caller may learn which methods and properties there are, of those that a name stands for. */
export function mayLearn(caller: Caller, object: string, method: string): boolean {
  return rankOf[levelOf(caller, object, method)] >= rankOf.view;
}

/**
 * Returns the error of a caller that may not do what it asks for. Who has no role on a method is not told whether there
 * is one.
 *
 * @param called the method as the caller knows it, where that is not the one that grants name
 */
export function refusal(
  { caller, object, method, access }: Omit<AccessRequest, 'action' | 'access'> & { readonly access?: Access },
  called = `${object}.${method}`,
): RpcError {
  const { principal } = caller;
  const what = quoted(called);
  // The names may be of the caller's making, and of any length.
  const details = {
    principal,
    object: object.slice(0, maxObjectNameLength),
    method: method.slice(0, maxObjectNameLength),
  };
  if (caller.unproven !== undefined) {
    return caller.unproven;
  }
  if (principal === 'anonymous') {
    const ways =
      "connect by the socket file of the server's machine, or with an identity that the server knows";
    const message = `${what} needs a known caller, and this one is anonymous: ${ways}`;
    return identityError('CALLER_UNKNOWN', message, { details });
  }
  const has = roleOf[levelOf(caller, object, method)];
  const role = access === undefined ? undefined : roleOf[access];
  if (has === undefined || role === undefined) {
    const why = `it has no role on ${quoted(object)} that allows it, if it exists`;
    const message = `${principal} may not call ${what}: ${why}; ask an admin to grant it viewer, operator or admin`;
    return coreError('CALLER_REFUSED', message, { details });
  }
  const message = `${principal} may not call ${what}: it is ${has} there, and needs to be ${role}; ask an admin to grant that`;
  return coreError('CALLER_REFUSED', message, { details: { ...details, role } });
}
