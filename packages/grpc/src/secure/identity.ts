import { TlsDialer } from './tls-dialer.js';
import type { Identity } from './trust.js';

/**
 * The identity that is in force. Listeners and dials ask for it or are told, so that a new certificate is in force
 * everywhere at once.
 */
export class CurrentIdentity {
  /** Dials by what is in force. */
  readonly dialer = new TlsDialer(() => this.#current);
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
