import type { IdentityKind } from '@patchbay/objects/identity';

/** What a client checks servers by, and shows them, if it has something to show. */
export interface Trust {
  /** The id of the cluster. */
  readonly cluster: string;
  /** The certificates of the roots that are trusted, in PEM. */
  readonly roots: readonly string[];
  /** In PEM; absent for a client that proves nothing. */
  readonly certificate?: string;
  /** In PEM. */
  readonly privateKey?: string;
}

/** Who this host, user or name server is in its cluster. */
export interface Identity extends Trust {
  readonly kind: IdentityKind;
  readonly name: string;
  /** The addresses of the name servers, as `host:port`. */
  readonly nameServers: readonly string[];
  readonly certificate: string;
  readonly privateKey: string;
  /** The X25519 private key to which secrets are sealed, in PEM. */
  readonly sealingKey?: string;
}
