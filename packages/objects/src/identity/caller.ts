import type { RpcError } from '../errors/rpc-error.js';

/**
 * Who calls: `local` is whoever the operating system let open a socket file of this machine, `anonymous` whoever has
 * proven nothing; hosts and users are known by name.
 */
export type Principal = 'local' | 'anonymous' | `host:${string}` | `user:${string}`;

/** What a role allows, each what those before it do, too: to look, to change what is served, to administer. */
export type Role = 'viewer' | 'operator' | 'admin';

/** A role on some objects' methods. */
export interface Grant {
  readonly role: Role;
  /** A glob of objects' names. */
  readonly objects: string;
  /** A glob of methods' names. */
  readonly methods: string;
}

/** Who calls, and what they may do. */
export interface Caller {
  /** The transport's name for the other end: `127.0.0.1:53122`, `unix:/run/patchbay/nameserver/socket`, or `in-memory`. */
  readonly peer: string;
  readonly principal: Principal;
  /** The names of the groups that the principal belongs to. */
  readonly groups: readonly string[];
  /** What the principal may do: nothing that no grant allows. */
  readonly roles: readonly Grant[];
  /** The serial number of its certificate; undefined where it has none. */
  readonly serial?: string;
  /** When what it proved itself with ends, in milliseconds since the Unix epoch; undefined: it does not. */
  readonly expiresAtMs?: number;
  /** Why it is anonymous, although it has a certificate; undefined where it has none. */
  readonly unproven?: RpcError;
  /** The principal that makes the call on behalf of this one; undefined for a call of one's own. */
  readonly delegate?: Principal;
}

const everything: readonly Grant[] = [{ role: 'admin', objects: '**', methods: '*' }];
const noRoles: readonly Grant[] = [];
const nothing: readonly string[] = [];

/** Returns a caller who may do what is open to everybody. @param unproven why it is, where it tried to be somebody */
export function anonymousCaller(peer: string, unproven?: RpcError): Caller {
  const anybody = { peer, principal: 'anonymous', groups: nothing, roles: noRoles } as const;
  return unproven === undefined ? anybody : { ...anybody, unproven };
}

/** Returns the caller at the other end of a socket file, or in the same process. */
export function localCaller(peer: string): Caller {
  return { peer, principal: 'local', groups: nothing, roles: everything };
}

/** Returns the caller at the other end of a connection on which nobody proves anything, and everybody may do everything. */
export function insecureCaller(peer: string): Caller {
  return { peer, principal: 'anonymous', groups: nothing, roles: everything };
}
