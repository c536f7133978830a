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

/**
 * The identity that is in force. Listeners and dials ask for it or are told, so that a new certificate is in force
 * everywhere at once.
 */
export class CurrentIdentity {
  #current: Identity;
  readonly #save: ((identity: Identity) => void) | undefined;
  readonly #listeners = new Set<(identity: Identity) => void>();

  /** @param save writes an identity where it is kept, before it is in force; what it throws, `replace` does */
  constructor(identity: Identity, save?: (identity: Identity) => void) {
    this.#current = identity;
    this.#save = save;
  }

  get current(): Identity {
    return this.#current;
  }

  /** Saves another identity, and puts it in force. */
  replace(identity: Identity): void {
    this.#save?.(identity);
    this.#current = identity;
    for (const listener of this.#listeners) {
      listener(identity);
    }
  }

  /** Calls a listener after each change, until the returned function is called. It must not throw. */
  onChange(listener: (identity: Identity) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
