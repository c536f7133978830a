import { type KeyObject, randomBytes } from 'node:crypto';

import { type Clock, coreError, type Log, type Principal, quoted } from '@patchbay/objects';
import { type ClusterPolicy, hostOf } from '@patchbay/objects/identity';
import { formatBackup, type Store } from '@patchbay/store';

import { ApiKeys } from './api-keys.js';
import { Attempts } from './attempts.js';
import { Challenges } from './challenge.js';
import { type ClusterKey, readClusterKey, takeClusterKey } from './cluster-key.js';
import { Enrolments } from './enrolments.js';
import { authorityError } from './errors.js';
import { Grants } from './grants.js';
import { HostVariables } from './host-variables.js';
import { Hosts } from './hosts.js';
import { type Issue, Issuer, type OwnPki } from './issuer.js';
import { PolicyFeed } from './policy-feed.js';
import { Records } from './records.js';
import { forgetRestore } from './restored.js';
import { Revocations, type TakenRevocation } from './revocations.js';
import { planRoot } from './roots.js';
import { type RootView, Rotation } from './rotation.js';
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
  /** The PKI of one's own that issues the cluster's certificates, instead of the authority. Default: none. */
  readonly pki?: OwnPki | undefined;
}

/** The authority as admins see it. */
export interface AuthorityView {
  readonly cluster: string;
  readonly nameServer: string;
  readonly keyFingerprint: string;
  readonly roots: RootView[];
  /** The hosts that a rotation waits for. */
  readonly unconfirmed: string[];
  readonly revocationsTaken: TakenRevocation[];
}

/** The authority of a cluster: certificates, and whom they are issued to. */
export class Authority {
  readonly records: Records;
  readonly tokens: Tokens;
  readonly enrolments: Enrolments;
  readonly challenges: Challenges;
  readonly attempts: Attempts;
  readonly hosts: Hosts;
  readonly variables: HostVariables;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly grants: Grants;
  readonly feed: PolicyFeed;
  readonly rotation: Rotation;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly log: Log;
  readonly #store: Store;
  readonly #issuer: Issuer;

  private constructor(
    records: Records,
    key: ClusterKey,
    issuer: Issuer,
    { store, clock, log, pki }: AuthorityOptions,
  ) {
    const shared = { records, clock, log };
    this.records = records;
    this.clock = clock;
    this.log = log;
    this.#store = store;
    this.#issuer = issuer;
    this.revocations = new Revocations({ ...shared, key });
    this.rotation = new Rotation({ ...shared, key, issuer });
    this.apiKeys = new ApiKeys({ ...shared, key, revocations: this.revocations });
    this.feed = new PolicyFeed({
      records,
      publish: this.revocations.published,
      host: hostOf({ kind: 'nameserver', name: this.nameServer }),
      keysOf: (host, ids) => this.apiKeys.derivedFor(host, ids),
      certificates: pki === undefined ? 'listed' : 'vouched',
      now: () => clock.now(),
    });
    records.observe((changes, revision) => {
      this.feed.observe(changes, revision);
    });
    this.tokens = new Tokens(records, clock, issuer);
    this.challenges = new Challenges(clock);
    this.attempts = new Attempts(clock);
    const { tokens, challenges, attempts, revocations } = this;
    this.enrolments = new Enrolments({ ...shared, tokens, challenges, attempts, revocations, issuer });
    this.hosts = new Hosts({ ...shared, tokens, attempts, revocations });
    this.variables = new HostVariables(records, this.hosts);
    this.users = new Users({ ...shared, tokens, revocations });
    this.grants = new Grants({ ...shared, revocations });
  }

  /**
   * Opens the authority in a store; undefined where it has none and none is to be made. Nothing else may write its records
   * meanwhile.
   *
   * @throws RpcError `CLUSTER_KEY_MISSING`, `CLUSTER_KEY_WRONG`, `CONFIG_INVALID` where a PKI of one's own has another
   *   trust domain than the cluster
   */
  static async open(options: AuthorityOptions): Promise<Authority | undefined> {
    const { store, clock, keyFile, createFor, pki } = options;
    const records = await Records.open(store);
    let cluster = records.get('cluster', '');
    if (cluster === undefined && createFor === undefined) {
      return undefined;
    }
    if (cluster === undefined) {
      const id = pki?.cluster ?? randomBytes(8).toString('hex');
      await makeAuthority(records, takeClusterKey(keyFile), clock, { id, nameServer: createFor ?? '' });
      cluster = records.get('cluster', '');
    }
    const clusterKey = readClusterKey(keyFile);
    if (clusterKey === undefined || clusterKey.fingerprint !== cluster?.keyFingerprint) {
      throw wrongKey(keyFile, cluster?.keyFingerprint ?? '', clusterKey);
    }
    if (pki !== undefined && pki.cluster !== cluster.id) {
      throw otherCluster(pki.cluster, cluster.id);
    }
    const issuer = new Issuer(records, clusterKey, clock, pki);
    await issuer.openSigner(); // now rather than when the first host asks
    const authority = new Authority(records, clusterKey, issuer, options);
    authority.policy.hold(authority.isHeld);
    return authority;
  }

  /** Whether the store was restored, and users are refused until `endHold`. */
  get isHeld(): boolean {
    return this.records.get('cluster', '')?.restoredAtMs !== undefined;
  }

  /** Lets users in again: servers had the time to hand over what was revoked since the backup. */
  async endHold(): Promise<void> {
    await forgetRestore(this.records);
    this.policy.hold(false);
    this.log.info('users are let in, and names of other machines taken, again after the restore');
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

  get view(): AuthorityView {
    const { cluster, nameServer, keyFingerprint, rotation, revocations } = this;
    const { roots, unconfirmed } = rotation;
    return { cluster, nameServer, keyFingerprint, roots, unconfirmed, revocationsTaken: revocations.taken };
  }

  /** Returns a backup of the store, which says which cluster key opens it. @throws RpcError as reading the store does */
  backup(): Promise<string> {
    return formatBackup(this.#store, { clusterKey: this.keyFingerprint });
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
  { id, nameServer }: { readonly id: string; readonly nameServer: string },
): Promise<void> {
  const root = await planRoot({ cluster: id, name: '1', state: 'issuing', key, nowMs: clock.now() });
  await records.change(() => ({
    changes: [
      {
        kind: 'cluster',
        name: '',
        value: { id, madeAtMs: clock.now(), keyFingerprint: key.fingerprint, nameServer },
      },
      root,
    ],
    result: undefined,
  }));
}

function wrongKey(file: string, wanted: string, found: ClusterKey | undefined): Error {
  const details = { file, fingerprint: wanted };
  if (found === undefined) {
    const message = `the cluster key ${file} is not there: restore the one with the fingerprint ${wanted}, without which nothing can be signed; if it is lost, run nameserver init --new-authority`;
    return authorityError('CLUSTER_KEY_MISSING', message, { details });
  }
  const message = `${file} has the cluster key ${found.fingerprint}, and the store needs ${wanted}: restore that one; if it is lost, run nameserver init --new-authority`;
  return authorityError('CLUSTER_KEY_WRONG', message, { details });
}

function otherCluster(own: string, cluster: string): Error {
  const message = `the certificate is of the trust domain ${quoted(own)}, and this is the cluster ${quoted(cluster)}: have one issued for that, or take another state directory`;
  return coreError('CONFIG_INVALID', message);
}
