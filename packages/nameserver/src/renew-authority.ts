import { Authority, makeAdminToken, type MadeToken, makeNewAuthority } from '@patchbay/authority';
import { type Clock, type Log, systemClock } from '@patchbay/objects';
import { openSqliteStore } from '@patchbay/store';

import { asOwnerOf } from './as-owner.js';
import { clusterKeyFile } from './own-identity.js';

/** What replacing an authority needs. */
export interface RenewAuthorityOptions {
  /** The directory of the registry, which no name server uses meanwhile. */
  readonly stateDir: string;
  readonly log: Log;
  /** Default: the machine's own. */
  readonly clock?: Clock;
}

/** What is there now. */
export interface RenewedAuthority {
  readonly cluster: string;
  readonly nameServer: string;
  /** The file of the key without which no backup is worth anything. */
  readonly keyFile: string;
  readonly keyFingerprint: string;
  /** Where another key was moved that was in the place of the lost one; undefined where there was none. */
  readonly formerKeyFile: string | undefined;
  /** How many API keys were removed, as nothing opens their secrets any more. */
  readonly removedKeys: number;
  /** The hosts that have to join anew, each with a token of `identity.replace_host`. */
  readonly hosts: readonly string[];
  /** By which the first admin logs in; undefined where that user was removed or disabled. */
  readonly adminToken: MadeToken | undefined;
}

/**
 * Makes another cluster key and root in the state directory of a name server whose cluster key was lost. Hosts, users and
 * grants are kept, and all have to join anew.
 *
 * @throws RpcError `AUTHORITY_MISSING`, `AUTHORITY_EXISTS` where the key is there, `CLUSTER_KEY_WRONG` where it cannot be
 *   read, `STORE_LOCKED` while a name server runs there, and what else opening the store throws
 */
export function renewAuthority(options: RenewAuthorityOptions): Promise<RenewedAuthority> {
  return asOwnerOf(options.stateDir, () => makeAnew(options));
}

async function makeAnew(options: RenewAuthorityOptions): Promise<RenewedAuthority> {
  const { stateDir, log, clock = systemClock } = options;
  await using store = await openSqliteStore({ directory: stateDir, clock, log });
  const keyFile = clusterKeyFile(stateDir);
  const { formerKeyFile, removedKeys } = await makeNewAuthority({ store, clock, log, keyFile });
  const authority = await Authority.open({ store, clock, log, keyFile });
  if (authority === undefined) {
    throw new Error('no authority was made');
  }
  const { cluster, nameServer, keyFingerprint } = authority;
  const hosts = authority.hosts.list().flatMap(({ name, state }) => (state === 'active' ? [name] : []));
  const adminToken = await makeAdminToken(authority);
  return { cluster, nameServer, keyFile, keyFingerprint, formerKeyFile, removedKeys, hosts, adminToken };
}
