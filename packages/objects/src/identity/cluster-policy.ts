import { compileGlob, type Glob } from '../text/glob.js';
import type { Caller, Grant } from './caller.js';
import { KnownRevocations } from './known-revocations.js';
import type {
  PolicyChange,
  PolicyDocument,
  PolicyEvent,
  PolicyGrant,
  PolicyPrincipal,
} from './policy-document.js';
import { PolicyKeys } from './policy-keys.js';
import { SharedRoles } from './shared-roles.js';
import type { NamedPrincipal } from './spiffe-id.js';
import { knownHolder, type UnknownCaller } from './unknown-caller.js';

/** Methods that a host may call on behalf of others. */
interface DelegableMethods {
  readonly objects: Glob;
  readonly methods: Glob;
}

/** What of a document or a change is new. */
type TakenIn = Pick<PolicyDocument, 'principals' | 'grants' | 'revocations' | 'keys'>;

interface Rights {
  readonly groups: readonly string[];
  readonly roles: readonly Grant[];
}

/**
 * Who may do what, as the last document of the authority and the changes since then say. Callers with the same grants
 * share their array of roles, by which decisions are kept.
 */
export class ClusterPolicy {
  /** To be kept, and handed to an authority that does not know them. */
  readonly revocations = new KnownRevocations();
  #holdsUsers = false;
  #revision: number;
  #cluster: string;
  #roots: readonly string[];
  #certificates: PolicyDocument['certificates'];
  readonly #principals = new Map<string, PolicyPrincipal>();
  readonly #grants = new Map<string, PolicyGrant>();
  /** The API keys, as they are on this host. */
  readonly keys = new PolicyKeys((principal, peer) => this.callerFor(principal, peer));
  readonly #rights = new Map<NamedPrincipal, Rights>();
  /** What each host may call on behalf of others. */
  readonly #delegable = new Map<NamedPrincipal, readonly DelegableMethods[]>();
  readonly #roles = new SharedRoles();
  /** When the first of the grants that count now ends. */
  #nextEndMs = Infinity;
  readonly #now;
  readonly #listeners = new Set<() => void>();

  /** @param now returns the wall-clock time, in milliseconds since the Unix epoch */
  constructor(document: PolicyDocument, { now = Date.now }: { readonly now?: () => number } = {}) {
    this.#now = now;
    this.#revision = document.revision;
    this.#cluster = document.cluster;
    this.#roots = document.roots;
    this.#certificates = document.certificates;
    this.#take(document);
  }

  /** Grows with each change. */
  get revision(): number {
    return this.#revision;
  }

  get cluster(): string {
    return this.#cluster;
  }

  /** The certificates of the roots that are trusted, in PEM. */
  get roots(): readonly string[] {
    return this.#roots;
  }

  /** When the next grant ends, in milliseconds since the Unix epoch; Infinity where none does. */
  get nextEndMs(): number {
    return this.#nextEndMs;
  }

  /** The policy as it is now, to be kept. */
  get document(): PolicyDocument {
    return {
      revision: this.#revision,
      cluster: this.#cluster,
      roots: [...this.#roots],
      ...(this.#certificates !== undefined && { certificates: this.#certificates }),
      principals: [...this.#principals.values()],
      grants: [...this.#grants.values()],
      ...this.revocations.documented,
      ...this.keys.document,
    };
  }

  /** Takes in what the authority says. */
  follow(event: PolicyEvent): void {
    if (event.type === 'document') {
      this.replace(event.document);
    } else if (event.type === 'change') {
      this.apply(event.change);
    }
  }

  /** Takes another document in the place of what was known. */
  replace(document: PolicyDocument): void {
    this.#revision = document.revision;
    this.#cluster = document.cluster;
    this.#roots = document.roots;
    this.#certificates = document.certificates;
    this.#principals.clear();
    this.#grants.clear();
    this.revocations.forget();
    this.keys.clear();
    this.#take(document);
    this.#tell();
  }

  /** Takes in a change. */
  apply(change: PolicyChange): void {
    this.#revision = change.revision;
    this.#roots = change.roots ?? this.#roots;
    for (const principal of change.removedPrincipals ?? []) {
      this.#principals.delete(principal);
    }
    for (const id of change.removedGrants ?? []) {
      this.#grants.delete(id);
    }
    this.revocations.forget(change.liftedRevocations ?? []);
    this.keys.remove(change.removedKeys);
    const { principals = [], grants = [], revocations = [], keys } = change;
    this.#take({ principals, grants, revocations, keys });
    this.#tell();
  }

  /** Lets no user in until it is called again, as long as nobody knows who was revoked. */
  hold(isHeld: boolean): void {
    this.#holdsUsers = isHeld;
    this.#tell();
  }

  /** Lets grants end whose time has come, and tells listeners if there were any. Reading does the same, unheard. */
  expire(): void {
    if (this.#forgetEnded()) {
      this.#tell();
    }
  }

  /** Calls a listener after each change, until the returned function is called. It must not throw. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Returns the caller that a certificate of this cluster makes, by its principal and its key, or why it makes none. */
  callerOf(principal: NamedPrincipal, fingerprint: string, peer: string): Caller | UnknownCaller {
    const isHeld = this.#isHeld(principal);
    const isVouched = this.#certificates === 'vouched';
    const holder = { principal, fingerprint, cluster: this.#cluster, isHeld, isVouched };
    const known = knownHolder(this.#principals.get(principal), holder);
    return 'reason' in known ? known : { peer, principal, ...this.#rightsOf(principal, known) };
  }

  /**
   * Returns the caller that a principal is; undefined where it is not active.
   *
   * @param delegate who makes the calls on its behalf; default: it does so itself
   */
  callerFor(principal: NamedPrincipal, peer: string, delegate?: Caller['delegate']): Caller | undefined {
    const known = this.#principals.get(principal);
    return known?.state === 'active' && !this.#isHeld(principal)
      ? { peer, principal, ...this.#rightsOf(principal, known), ...(delegate !== undefined && { delegate }) }
      : undefined;
  }

  /**
   * Reports whether a principal may call a method on behalf of others: a host with the grant `delegate`, and nobody else.
   *
   * @param method default: any of the object's
   */
  mayDelegate(principal: NamedPrincipal, object: string, method = ''): boolean {
    const known = this.#principals.get(principal);
    if (known?.state !== 'active' || !principal.startsWith('host:')) {
      return false;
    }
    this.#forgetEnded();
    let delegable = this.#delegable.get(principal);
    if (delegable === undefined) {
      delegable = this.#grantsFor(principal, known.groups).flatMap(({ role, objects, methods }) =>
        role === 'delegate' ? [{ objects: compileGlob(objects), methods: compileGlob(methods) }] : [],
      );
      this.#delegable.set(principal, delegable);
    }
    return delegable.some(
      ({ objects, methods }) => objects.matches(object) && (method === '' || methods.matches(method)),
    );
  }

  /** Returns what is known of a principal. */
  find(principal: NamedPrincipal): PolicyPrincipal | undefined {
    return this.#principals.get(principal);
  }

  /** Returns the grants of a principal and its groups that count now. */
  grantsOf(principal: NamedPrincipal): readonly PolicyGrant[] {
    return this.#grantsFor(principal, this.#principals.get(principal)?.groups ?? []);
  }

  #take({ principals, grants, revocations, keys }: TakenIn): void {
    for (const each of principals) {
      this.#principals.set(each.principal, each);
    }
    for (const each of grants) {
      this.#grants.set(each.id, each);
    }
    this.revocations.add(revocations);
    this.keys.add(keys);
    this.#forget();
  }

  #isHeld(principal: NamedPrincipal): boolean {
    return this.#holdsUsers && principal.startsWith('user:');
  }

  #tell(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  /** Forgets what was computed of the grants that count. */
  #forget(): void {
    this.#rights.clear();
    this.#delegable.clear();
    const now = this.#now();
    this.#nextEndMs = Infinity;
    for (const { untilMs = Infinity } of this.#grants.values()) {
      if (untilMs > now && untilMs < this.#nextEndMs) {
        this.#nextEndMs = untilMs;
      }
    }
  }

  #forgetEnded(): boolean {
    if (this.#now() < this.#nextEndMs) {
      return false;
    }
    this.#forget();
    return true;
  }

  #rightsOf(principal: NamedPrincipal, { groups }: PolicyPrincipal): Rights {
    this.#forgetEnded();
    let rights = this.#rights.get(principal);
    if (rights === undefined) {
      rights = { groups, roles: this.#roles.of(this.#grantsFor(principal, groups)) };
      this.#rights.set(principal, rights);
    }
    return rights;
  }

  #grantsFor(principal: NamedPrincipal, groups: readonly string[]): PolicyGrant[] {
    const now = this.#now();
    const owners = new Set<string>([principal, ...groups.map((group) => `group:${group}`)]);
    return [...this.#grants.values()].filter(
      ({ to, untilMs }) => owners.has(to) && (untilMs === undefined || untilMs > now),
    );
  }
}
