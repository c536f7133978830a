import type { Principal } from './caller.js';

/** What a certificate is for. */
export const identityKinds = ['host', 'user', 'nameserver'] as const;

/** What a certificate is for: a name server is no caller, but whom callers dial. */
export type IdentityKind = (typeof identityKinds)[number];

/** Whose a certificate is. */
export interface SpiffeId {
  readonly cluster: string;
  readonly kind: IdentityKind;
  readonly name: string;
}

/** What the names of hosts, users and groups are like. */
export const principalName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What clusters' ids are like: trust domains, in the terms of SPIFFE. */
export const trustDomain = /^[a-z0-9][a-z0-9._-]{0,254}$/;

const uri = /^spiffe:\/\/([^/]+)\/(host|user|nameserver)\/([^/]+)$/;

/** Returns the URI of a certificate: `spiffe://CLUSTER/host/NAME`. */
export function formatSpiffeId({ cluster, kind, name }: SpiffeId): string {
  return `spiffe://${cluster}/${kind}/${name}`;
}

/** Reads the URI of a certificate as a whole; undefined where it is none of ours. */
export function parseSpiffeId(text: string): SpiffeId | undefined {
  const [, cluster = '', kind = '', name = ''] = uri.exec(text) ?? [];
  return trustDomain.test(cluster) && principalName.test(name)
    ? { cluster, kind: kind as IdentityKind, name }
    : undefined;
}

/** Returns the principal that calls with a certificate; undefined for a name server's. */
export function principalOf({ kind, name }: Pick<SpiffeId, 'kind' | 'name'>): NamedPrincipal | undefined {
  return kind === 'nameserver' ? undefined : `${kind}:${name}`;
}

/** A host or a user. */
export type NamedPrincipal = Extract<Principal, `${string}:${string}`>;

/** Reports whether a text names a host or a user: `host:web1`, `user:alice`. */
export function isNamedPrincipal(text: string): text is NamedPrincipal {
  const [, name] = /^(?:host|user):(.+)$/s.exec(text) ?? [];
  return name !== undefined && principalName.test(name);
}
