import { X509Certificate } from 'node:crypto';

import { pinOf } from '@patchbay/objects/identity';

import { linkRoots, makeRoot, type Signer } from './certificates.js';
import type { ClusterKey } from './cluster-key.js';
import { keyOf, type RecordChange, type Records } from './records.js';
import type { RecordOf } from './record-schemas.js';

/** What a new root is made of. */
export interface RootRequest {
  readonly cluster: string;
  readonly name: string;
  readonly state: 'next' | 'issuing';
  /** Seals its private key. */
  readonly key: ClusterKey;
  readonly nowMs: number;
  /** The root that it is to take the place of, whose trust it inherits. Default: none. */
  readonly before?: Signer;
}

/** Makes a root, as the change that writes it. */
export async function planRoot({
  cluster,
  name,
  state,
  key,
  nowMs,
  before,
}: RootRequest): Promise<RecordChange> {
  const { certificate, privateKey, expiresAtMs } = await makeRoot(cluster, nowMs);
  const link = before && (await linkRoots(before, certificate, nowMs));
  const sealed = key.seal(keyOf({ kind: 'root', name }), privateKey);
  const value = { certificate, state, privateKey: sealed, expiresAtMs, ...(link !== undefined && { link }) };
  return { kind: 'root', name, value };
}

/** Returns the name of the next root: they are counted. */
export function nextRootName(records: Records): string {
  return String(Math.max(0, ...records.all('root').map(([name]) => Number(name))) + 1);
}

/** Returns the root in a state, with its name. */
export function rootIn(
  records: Records,
  state: RecordOf<'root'>['state'],
): { readonly name: string; readonly root: RecordOf<'root'> } | undefined {
  const [name, root] = records.all('root').find(([, each]) => each.state === state) ?? [];
  return name === undefined || root === undefined ? undefined : { name, root };
}

/** Returns the roots that are trusted, in PEM, the issuing one first. */
export function rootsOf(records: Records): string[] {
  const roots = records.all('root').map(([, root]) => root);
  return roots
    .sort((a, b) => Number(b.state === 'issuing') - Number(a.state === 'issuing'))
    .map(({ certificate }) => certificate);
}

/** Reports whether who trusts a root of a name, maybe a former one, can verify what is issued now. */
export function isFollowed(records: Records, name: string): boolean {
  const issuing = rootIn(records, 'issuing');
  return (
    records.get('root', name) !== undefined ||
    (issuing?.root.link !== undefined && Number(issuing.name) === Number(name) + 1)
  );
}

/** Returns what identifies a root: its pin. */
export function pinOfRoot({ certificate }: Pick<RecordOf<'root'>, 'certificate'>): string {
  return pinOf(new X509Certificate(certificate));
}
