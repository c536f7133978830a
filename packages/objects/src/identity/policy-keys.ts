import type { Caller } from './caller.js';
import type { PolicyDocument, PolicyKey } from './policy-document.js';
import type { KnownKey } from './signed-calls.js';
import type { NamedPrincipal } from './spiffe-id.js';

/** The API keys of a cluster, as they are on one host. */
export class PolicyKeys {
  readonly #keys = new Map<string, PolicyKey>();
  readonly #callerFor: (principal: NamedPrincipal, peer: string) => Caller | undefined;

  /** @param callerFor returns whom a principal makes the caller, as long as it is active */
  constructor(callerFor: (principal: NamedPrincipal, peer: string) => Caller | undefined) {
    this.#callerFor = callerFor;
  }

  /** What of a policy document they are: nothing where there are none. */
  get document(): Pick<PolicyDocument, 'keys'> {
    return this.#keys.size === 0 ? {} : { keys: [...this.#keys.values()] };
  }

  /** Reports whether there is a key, be it of somebody who is active or not. */
  has(id: string): boolean {
    return this.#keys.has(id);
  }

  /** Returns a key that counts, and the caller that it makes; undefined where there is none. */
  find(id: string, peer: string): KnownKey | undefined {
    const known = this.#keys.get(id);
    const caller = known && this.#callerFor(known.principal, peer);
    return caller && { key: Buffer.from(known.key, 'base64url'), caller };
  }

  add(keys: readonly PolicyKey[] = []): void {
    for (const each of keys) {
      this.#keys.set(each.id, each);
    }
  }

  remove(ids: readonly string[] = []): void {
    for (const id of ids) {
      this.#keys.delete(id);
    }
  }

  clear(): void {
    this.#keys.clear();
  }
}
