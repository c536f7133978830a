import {
  Authority,
  authorityError,
  type FirstTokens,
  hasFirstUser,
  makeFirstTokens,
} from '@patchbay/authority';
import { type Clock, type Log, systemClock } from '@patchbay/objects';
import { machineName } from '@patchbay/objects/identity';
import { openSqliteStore } from '@patchbay/store';

import { asOwnerOf } from './as-owner.js';
import { clusterKeyFile, unnamed } from './own-identity.js';

/** What making an authority needs. */
export interface InitAuthorityOptions {
  /** The directory of the registry, which no name server uses meanwhile; it is made when it is not there. */
  readonly stateDir: string;
  readonly log: Log;
  /** The name of the name server. Default: the first label of the machine's. */
  readonly name?: string | undefined;
  /** Default: the machine's own. */
  readonly clock?: Clock;
}

/** What was made. */
export interface NewAuthority {
  readonly cluster: string;
  readonly nameServer: string;
  /** The file of the key without which no backup is worth anything. */
  readonly keyFile: string;
  readonly keyFingerprint: string;
  readonly tokens: FirstTokens;
}

/**
 * Makes the authority of a new cluster in the state directory of a name server, unless a start has, with the tokens that it
 * begins with. It may be repeated after any failure.
 *
 * @throws RpcError `AUTHORITY_EXISTS`, `CLUSTER_KEY_WRONG`, `STORE_LOCKED` while a name server runs there, and what else
 *   opening the store throws
 */
export function initAuthority(options: InitAuthorityOptions): Promise<NewAuthority> {
  return asOwnerOf(options.stateDir, () => makeAuthority(options));
}

async function makeAuthority(options: InitAuthorityOptions): Promise<NewAuthority> {
  const { stateDir, log, name = machineName(unnamed), clock = systemClock } = options;
  await using store = await openSqliteStore({ directory: stateDir, clock, log });
  const keyFile = clusterKeyFile(stateDir);
  const existing = await Authority.open({ store, clock, log, keyFile });
  if (existing !== undefined && hasFirstUser(existing)) {
    const message =
      `${stateDir} has the authority of the cluster ${existing.cluster}, and its first user: run nameserver start, and ` +
      'make tokens by rpcclient identity.create_token';
    throw authorityError('AUTHORITY_EXISTS', message, { details: { cluster: existing.cluster } });
  }
  const authority = existing ?? (await Authority.open({ store, clock, log, keyFile, createFor: name }));
  if (authority === undefined) {
    throw new Error('no authority was made');
  }
  const { cluster, nameServer, keyFingerprint } = authority;
  return { cluster, nameServer, keyFile, keyFingerprint, tokens: await makeFirstTokens(authority) };
}
