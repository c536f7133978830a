import type { PolicyDocument, PolicyRevocation } from './policy-document.js';

/** The revocations that the authority has told of. */
export class KnownRevocations {
  readonly #known = new Map<string, PolicyRevocation>();

  /** Returns all, as a document has them: absent where there are none. */
  get documented(): Pick<PolicyDocument, 'revocations'> {
    return this.#known.size === 0 ? {} : { revocations: [...this.#known.values()] };
  }

  /** Takes in further ones. */
  add(revocations: readonly PolicyRevocation[] = []): void {
    for (const each of revocations) {
      this.#known.set(each.what, each);
    }
  }

  /** Forgets those that count no more. */
  forget(revoked: Iterable<string> = this.#known.keys()): void {
    for (const what of revoked) {
      this.#known.delete(what);
    }
  }

  /** Returns those that a document of the authority does not have: it is older, or they count no more. */
  missingIn({ revocations = [] }: Pick<PolicyDocument, 'revocations'>): PolicyRevocation[] {
    const told = new Set(revocations.map(({ what }) => what));
    return [...this.#known.values()].filter(({ what }) => !told.has(what));
  }
}
