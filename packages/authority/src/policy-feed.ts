import type {
  PolicyChange,
  PolicyDocument,
  PolicyEvent,
  PolicyGrant,
  PolicyKey,
  PolicyPrincipal,
  PolicyRevocation,
} from '@patchbay/objects';
import { identityError } from '@patchbay/objects/define';
import { ClusterPolicy, type NamedPrincipal } from '@patchbay/objects/identity';

import type { RecordChange, Records } from './records.js';
import type { RecordOf } from './record-schemas.js';
import { rootsOf } from './roots.js';

/** How often a watcher gets a sign of life, in milliseconds. */
export const signOfLifeMs = 60_000;

/** How many changes a watcher may be behind before it gets the whole document again. */
const maxBehind = 1000;

/** Returns a revocation as servers are told of it. */
export type PublishRevocation = (what: string, record: RecordOf<'revocation'>) => PolicyRevocation;

/** A change before it is known whom it is told: each host is told its own keys. */
type FeedChange = Omit<PolicyChange, 'keys'> & {
  /** The ids of API keys that are new. */
  readonly newKeys?: readonly string[];
};

/** What a feed is made of. */
export interface PolicyFeedOptions {
  readonly records: Records;
  readonly publish: PublishRevocation;
  /** The name server's principal, on whose own policy the keys are its own. */
  readonly host: string;
  /** Returns API keys as they are on a host: all, or those of the given ids. */
  readonly keysOf: (host: string, ids?: readonly string[]) => PolicyKey[];
  /** Which certificates count: see `PolicyDocument`. */
  readonly certificates: NonNullable<PolicyDocument['certificates']>;
  readonly now: () => number;
}

/** Who watches the policy, and until when. */
export interface PolicyWatch {
  /** The principal of a host, which is told its keys; undefined for whoever is told none. */
  readonly host: string | undefined;
  readonly signal: AbortSignal;
  /** Waits for a time that is not past, or until the signal is aborted. */
  readonly sleep: (ms: number, options: { readonly signal: AbortSignal }) => Promise<void>;
}

/** The policy as the records have it, and those that watch it. */
export class PolicyFeed {
  readonly policy: ClusterPolicy;
  readonly #options: PolicyFeedOptions;
  readonly #changes: FeedChange[] = [];
  readonly #wake = new Set<() => void>();

  /** How often no root remained that was trusted before. */
  #breaks = 0;

  constructor(options: PolicyFeedOptions) {
    const { host, keysOf, now } = options;
    this.#options = options;
    this.policy = new ClusterPolicy({ ...policyDocumentOf(options), keys: keysOf(host) }, { now });
  }

  /** Takes in what a commit changed. */
  observe(changes: readonly RecordChange[], revision: number): void {
    const known = this.policy;
    const { publish } = this.#options;
    const rootsAfter = (): Pick<PolicyDocument, 'roots'> => trustOf(this.#options);
    const change = policyChangeOf(changes, revision, { known, rootsAfter, publish });
    if (change === undefined) {
      return;
    }
    if (change.roots?.every((root) => !known.roots.includes(root)) === true) {
      this.#breaks += 1;
    }
    this.#changes.push(change);
    if (this.#changes.length > maxBehind) {
      this.#changes.shift();
    }
    this.policy.apply(this.#changeFor(this.#options.host, change));
    for (const wake of this.#wake) {
      wake();
    }
  }

  /**
   * Yields the policy, then each change. A root that inherits no trust is not told to those who trust the former one.
   *
   * @throws RpcError `CERTIFICATE_FOREIGN` when there is one
   */
  async *watch(watch: PolicyWatch): AsyncGenerator<PolicyEvent, void, undefined> {
    const { host, signal } = watch;
    let seen = this.policy.revision;
    const breaks = this.#breaks;
    yield { type: 'document', document: this.#documentFor(host) };
    while (!signal.aborted) {
      if (breaks !== this.#breaks) {
        const message = 'the root of the authority was replaced: join or log in anew, with a token';
        throw identityError('CERTIFICATE_FOREIGN', message);
      }
      if (seen === this.policy.revision) {
        await this.#changed(watch);
        if (seen === this.policy.revision) {
          yield { type: 'unchanged', revision: seen };
        }
        continue;
      }
      const missed = this.#changes.filter(({ revision }) => revision > seen);
      const isWhole = missed.length < this.#changes.length || this.#changes.length < maxBehind;
      seen = this.policy.revision;
      if (isWhole) {
        for (const change of missed) {
          yield { type: 'change', change: this.#changeFor(host, change) };
        }
      } else {
        yield { type: 'document', document: this.#documentFor(host) };
      }
    }
  }

  #documentFor(host: string | undefined): PolicyDocument {
    const keys = host === undefined ? undefined : this.#options.keysOf(host);
    return { ...this.policy.document, keys };
  }

  #changeFor(host: string | undefined, { newKeys, ...change }: FeedChange): PolicyChange {
    return host === undefined || newKeys === undefined
      ? change
      : { ...change, keys: this.#options.keysOf(host, newKeys) };
  }

  /** Waits for a change, or for the time of a sign of life. */
  async #changed({ signal, sleep }: PolicyWatch): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => {
      woken.abort();
    };
    this.#wake.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    try {
      await sleep(signOfLifeMs, { signal: woken.signal });
    } catch {
      // woken, or ended
    } finally {
      this.#wake.delete(wake);
      signal.removeEventListener('abort', wake);
    }
  }
}

/** Returns the roots that servers are told to trust: none where a PKI of one's own vouches, whose roots each knows. */
function trustOf({
  records,
  certificates,
}: Pick<PolicyFeedOptions, 'records' | 'certificates'>): Pick<PolicyDocument, 'roots' | 'certificates'> {
  return certificates === 'vouched' ? { roots: [], certificates } : { roots: rootsOf(records) };
}

/** Returns the policy that records make. */
function policyDocumentOf({
  records,
  publish,
  certificates,
}: Pick<PolicyFeedOptions, 'records' | 'publish' | 'certificates'>): PolicyDocument {
  return {
    revision: records.revision,
    cluster: records.get('cluster', '')?.id ?? '',
    ...trustOf({ records, certificates }),
    principals: [
      ...records.all('host').flatMap(([name, host]) => hostPrincipal(name, host) ?? []),
      ...records.all('user').map(([name, user]) => userPrincipal(name, user)),
    ],
    grants: records.all('grant').map(([id, grant]) => policyGrantOf(id, grant)),
    revocations: records.all('revocation').map(([what, record]) => publish(what, record)),
  };
}

function policyChangeOf(
  changes: readonly RecordChange[],
  revision: number,
  {
    known,
    rootsAfter,
    publish,
  }: {
    readonly known: ClusterPolicy;
    readonly rootsAfter: () => Pick<PolicyDocument, 'roots'>;
    readonly publish: PublishRevocation;
  },
): FeedChange | undefined {
  const principals: PolicyPrincipal[] = [];
  const grants: PolicyGrant[] = [];
  const removedPrincipals: NamedPrincipal[] = [];
  const removedGrants: string[] = [];
  const newKeys: string[] = [];
  const removedKeys: string[] = [];
  const revocations: PolicyRevocation[] = [];
  const liftedRevocations: string[] = [];
  let roots: string[] | undefined;
  for (const { kind, name, value } of changes) {
    if (kind === 'root') {
      ({ roots } = rootsAfter());
    } else if (kind === 'revocation') {
      if (value === undefined) {
        liftedRevocations.push(name);
      } else {
        revocations.push(publish(name, value));
      }
    } else if (kind === 'grant') {
      if (value === undefined) {
        removedGrants.push(name);
      } else {
        grants.push(policyGrantOf(name, value));
      }
    } else if (kind === 'key') {
      if (value === undefined) {
        removedKeys.push(name);
      } else if (!known.keys.has(name)) {
        newKeys.push(name); // and not because it was used
      }
    } else if (kind === 'host' || kind === 'user') {
      const listed =
        value === undefined
          ? undefined
          : kind === 'host'
            ? hostPrincipal(name, value)
            : userPrincipal(name, value);
      const principal: NamedPrincipal = `${kind}:${name}`;
      const before = known.find(principal);
      if (listed === undefined) {
        removedPrincipals.push(...(before === undefined ? [] : [principal]));
      } else if (JSON.stringify(listed) !== JSON.stringify(before)) {
        principals.push(listed); // and not because its certificate was renewed
      }
    }
  }
  const change = {
    ...(principals.length > 0 && { principals }),
    ...(grants.length > 0 && { grants }),
    ...(removedPrincipals.length > 0 && { removedPrincipals }),
    ...(removedGrants.length > 0 && { removedGrants }),
    ...(newKeys.length > 0 && { newKeys }),
    ...(removedKeys.length > 0 && { removedKeys }),
    ...(revocations.length > 0 && { revocations }),
    ...(liftedRevocations.length > 0 && { liftedRevocations }),
    ...(roots !== undefined && { roots }),
  };
  return Object.keys(change).length === 0 ? undefined : { revision, ...change };
}

/** A host that waits for approval, or was rejected, never was one: servers need not know it. */
function hostPrincipal(
  name: string,
  { state, groups, fingerprints }: RecordOf<'host'>,
): PolicyPrincipal | undefined {
  return state === 'active' || state === 'revoked'
    ? { principal: `host:${name}`, state, groups, fingerprints }
    : undefined;
}

function userPrincipal(name: string, { state, groups, keys }: RecordOf<'user'>): PolicyPrincipal {
  return {
    principal: `user:${name}`,
    state: state === 'active' ? 'active' : 'revoked',
    groups,
    fingerprints: keys.map((key) => key.fingerprint),
  };
}

function policyGrantOf(id: string, { to, role, objects, methods, untilMs }: RecordOf<'grant'>): PolicyGrant {
  return { id, to, role, objects, methods, ...(untilMs !== undefined && { untilMs }) };
}
