import type { Caller, Principal } from '@patchbay/objects';

/** Returns a caller that is no admin. */
export function caller(principal: Principal): Caller {
  return { peer: 'in-memory', principal, groups: [], roles: [] };
}

/** Returns a caller that administers the name server. */
export function admin(principal: Principal): Caller {
  return { ...caller(principal), roles: [{ role: 'admin', objects: 'name*', methods: '*' }] };
}
