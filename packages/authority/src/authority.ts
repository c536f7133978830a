import { type KeyObject, randomBytes } from 'node:crypto';

import type { Clock, Log, Principal } from '@patchbay/objects';
import type { ClusterPolicy } from '@patchbay/objects/identity';
import type { Store } from '@patchbay/store';

import { Attempts } from './attempts.js';
import { makeRoot } from './certificates.js';
import { Challenges } from './challenge.js';
import { type ClusterKey, makeClusterKey, readClusterKey } from './cluster-key.js';
import { Enrolments } from './enrolments.js';
import { authorityError } from './errors.js';
import { Grants } from './grants.js';
import { Hosts } from './hosts.js';
import { type Issue, Issuer } from './issuer.js';
import { policyDocumentOf, PolicyFeed, rootsOf } from './policy-feed.js';
import { keyOf, Records } from './records.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';

/** What an authority needs. */
export interface AuthorityOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The file with the cluster key. */
  readonly keyFile: string;
  /** The name of the name server, to make an authority where the store has none. Default: none is made. */
  readonly createFor?: string | undefined;
}

/** The authority of a cluster: certificates, and whom they are issued to. */
export class Authority {
  readonly records: Records;
  readonly tokens: Tokens;
  readonly enrolments: Enrolments;
  readonly challenges: Challenges;
  readonly attempts: Attempts;
  readonly hosts: Hosts;
  readonly users: Users;
  readonly grants: Grants;
  readonly feed: PolicyFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly #issuer: Issuer;

  private constructor(records: Records, feed: PolicyFeed, issuer: Issuer, { clock, log }: AuthorityOptions) {
    this.records = records;
    this.feed = feed;
    this.clock = clock;
    this.log = log;
    this.#issuer = issuer;
    this.tokens = new Tokens(records, clock);
    this.challenges = new Challenges(clock);
    this.attempts = new Attempts(clock);
    const { tokens, challenges, attempts } = this;
    this.enrolments = new Enrolments({ records, tokens, challenges, attempts, issuer, clock, log });
    this.hosts = new Hosts({ records, tokens, attempts, clock, log });
    this.users = new Users({ records, tokens, clock, log });
    this.grants = new Grants({ records, clock, log });
  }

  /**
   * Opens the authority in a store; undefined where it has none and none is to be made. Nothing else may write its records
   * meanwhile.
   *
   * @throws RpcError `CLUSTER_KEY_MISSING`, `CLUSTER_KEY_WRONG`
   */
  static async open(options: AuthorityOptions): Promise<Authority | undefined> {
    const { store, clock, keyFile, createFor } = options;
    const records = await Records.open(store);
    let cluster = records.get('cluster', '');
    if (cluster === undefined && createFor === undefined) {
      return undefined;
    }
    const key = readClusterKey(keyFile);
    if (cluster === undefined) {
      // A key that was left behind where the process ended before the commit is taken.
      await makeAuthority(records, key ?? makeClusterKey(keyFile), clock, createFor ?? '');
      cluster = records.get('cluster', '');
    } else if (key?.fingerprint !== cluster.keyFingerprint) {
      throw wrongKey(keyFile, cluster.keyFingerprint, key);
    }
    const clusterKey = key ?? readClusterKey(keyFile);
    if (clusterKey === undefined || cluster === undefined) {
      throw wrongKey(keyFile, cluster?.keyFingerprint ?? '', clusterKey);
    }
    const issuer = new Issuer(records, clusterKey, clock);
    await issuer.openSigner(); // now rather than when the first host asks
    const feed = new PolicyFeed(policyDocumentOf(records), () => clock.now());
    records.observe((changes, revision) => {
      feed.observe(changes, revision, () => rootsOf(records));
    });
    return new Authority(records, feed, issuer, options);
  }

  /** Who may do what. */
  get policy(): ClusterPolicy {
    return this.feed.policy;
  }

  /** The cluster's id. */
  get cluster(): string {
    return this.#issuer.cluster.cluster;
  }

  /** The name of the name server that made it. */
  get nameServer(): string {
    return this.records.get('cluster', '')?.nameServer ?? '';
  }

  /** The certificates of the roots that are trusted, in PEM. */
  get roots(): string[] {
    return this.#issuer.cluster.roots;
  }

  /** The fingerprint of the cluster key that opens what is sealed in the store. */
  get keyFingerprint(): string {
    return this.records.get('cluster', '')?.keyFingerprint ?? '';
  }

  /** Issues the certificate of a name server of the cluster. */
  issueNameServer(
    name: string,
    publicKey: KeyObject,
    alternativeNames: readonly string[] = [],
  ): Promise<Issue> {
    return this.#issuer.issue({ kind: 'nameserver', name }, publicKey, { alternativeNames });
  }

  /** Returns the names and globs of names that a principal may register, beside a host's own. */
  namesOf(principal: Principal): readonly string[] {
    const [kind, name = ''] = principal.split(':', 2);
    const host = kind === 'host' ? this.records.get('host', name) : undefined;
    return host?.state === 'active' ? host.names : [];
  }
}

/** Makes the cluster, its root included, in one commit. */
async function makeAuthority(
  records: Records,
  key: ClusterKey,
  clock: Clock,
  nameServer: string,
): Promise<void> {
  const id = randomBytes(8).toString('hex');
  const name = '1';
  const { certificate, privateKey, expiresAtMs } = await makeRoot(id, clock.now());
  const sealed = key.seal(keyOf({ kind: 'root', name }), privateKey);
  await records.change(() => ({
    changes: [
      {
        kind: 'cluster',
        name: '',
        value: { id, madeAtMs: clock.now(), keyFingerprint: key.fingerprint, nameServer },
      },
      { kind: 'root', name, value: { certificate, state: 'issuing', privateKey: sealed, expiresAtMs } },
    ],
    result: undefined,
  }));
}

function wrongKey(file: string, wanted: string, found: ClusterKey | undefined): Error {
  const details = { file, fingerprint: wanted };
  if (found === undefined) {
    const message = `the cluster key ${file} is not there: restore the one with the fingerprint ${wanted}, without which nothing can be signed`;
    return authorityError('CLUSTER_KEY_MISSING', message, { details });
  }
  const message = `${file} has the cluster key ${found.fingerprint}, and the store needs ${wanted}: restore that one`;
  return authorityError('CLUSTER_KEY_WRONG', message, { details });
}
