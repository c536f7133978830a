import type { KeyObject } from 'node:crypto';

import type { Clock } from '@patchbay/objects';
import type { SpiffeId } from '@patchbay/objects/identity';

import { type IssuedCertificate, issueCertificate, openSigner, type Signer } from './certificates.js';
import type { ClusterKey } from './cluster-key.js';
import { authorityError } from './errors.js';
import { rootsOf } from './roots.js';
import { keyOf, type Records } from './records.js';

/** A certificate for whoever enrols, and what its record keeps of it. */
export interface Issue {
  readonly issued: {
    readonly serial: string;
    readonly expiresAtMs: number;
    readonly issuedAtMs: number;
    /** The name of the root. */
    readonly root: string;
  };
  readonly validity: {
    readonly certificate: string;
    readonly remainingMs: number;
    readonly lifetimeMs: number;
  };
}

/** A PKI of one's own, as far as an authority has to know it. */
export interface OwnPki {
  /** The trust domain of its SPIFFE IDs, which is the cluster's id. */
  readonly cluster: string;
  /** The certificates of its roots, in PEM, as they are now. */
  readonly roots: () => readonly string[];
}

/** Issues the cluster's certificates by the root that the records have. */
export class Issuer {
  readonly #records: Records;
  readonly #clusterKey: ClusterKey;
  readonly #clock: Clock;
  readonly #pki: OwnPki | undefined;
  #opened: OpenedRoot | undefined;

  /** @param pki issues the certificates instead, where there is one */
  constructor(records: Records, clusterKey: ClusterKey, clock: Clock, pki?: OwnPki) {
    this.#pki = pki;
    this.#records = records;
    this.#clusterKey = clusterKey;
    this.#clock = clock;
  }

  /** The cluster's id and its roots, as answers have them. */
  get cluster(): { readonly cluster: string; readonly roots: string[] } {
    const roots = this.#pki === undefined ? rootsOf(this.#records) : [...this.#pki.roots()];
    return { cluster: this.#records.get('cluster', '')?.id ?? '', roots };
  }

  /** @throws RpcError `CERTIFICATES_NOT_ISSUED` where a PKI of one's own does */
  checkIssues(): void {
    if (this.#pki !== undefined) {
      const { cluster } = this.#pki;
      const message = `the certificates of this cluster are of a PKI of its own: have it issue one of spiffe://${cluster}/host/NAME or user/NAME, and let an admin run rpcclient identity.add_host or add_user NAME`;
      throw authorityError('CERTIFICATES_NOT_ISSUED', message, { details: { cluster } });
    }
  }

  /** Issues a certificate for somebody of the cluster. @throws RpcError `CERTIFICATES_NOT_ISSUED` */
  async issue(
    who: Pick<SpiffeId, 'kind' | 'name'>,
    publicKey: KeyObject,
    options: { readonly alternativeNames?: readonly string[]; readonly untilMs?: number } = {},
  ): Promise<Issue> {
    this.checkIssues();
    const nowMs = this.#clock.now();
    const id = { ...who, cluster: this.cluster.cluster };
    const { root, opened } = this.#issuing();
    const made: IssuedCertificate = await issueCertificate(await opened, {
      id,
      publicKey,
      nowMs,
      ...options,
    });
    const { certificate, serial, expiresAtMs } = made;
    const remainingMs = expiresAtMs - nowMs;
    return {
      issued: { serial, expiresAtMs, issuedAtMs: nowMs, root },
      validity: { certificate, remainingMs, lifetimeMs: Math.ceil(remainingMs / 1000) * 1000 },
    };
  }

  /** Opens the key of the root that issues. @throws RpcError `CLUSTER_KEY_WRONG` */
  openSigner(): Promise<Signer> {
    return this.#issuing().opened;
  }

  #issuing(): OpenedRoot {
    const [name, root] = this.#records.all('root').find(([, { state }]) => state === 'issuing') ?? [];
    if (name === undefined || root?.privateKey === undefined) {
      throw authorityError('CLUSTER_KEY_WRONG', 'the store has no root that issues; restore a backup');
    }
    if (this.#opened?.root !== name) {
      const { certificate, link, expiresAtMs } = root;
      const key = this.#clusterKey.open(keyOf({ kind: 'root', name }), root.privateKey);
      this.#opened = { root: name, opened: openSigner({ certificate, link, expiresAtMs }, key) };
    }
    return this.#opened;
  }
}

interface OpenedRoot {
  readonly root: string;
  readonly opened: Promise<Signer>;
}
