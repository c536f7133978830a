import { findTls, userIdentityFile } from '@patchbay/objects';
import type { TlsFiles } from '@patchbay/objects/identity';

import type { CurrentIdentity } from './identity.js';
import { openIdentity } from './identity-file.js';
import { PkiIdentity } from './pki-identity.js';
import { renewIdentity } from './renew.js';
import { needsRenewal } from './renewal-loop.js';

/**
 * Opens the identity of a user, and renews what is about to end; undefined where nobody has logged in.
 *
 * @param path default: the user's own file
 * @throws RpcError `IDENTITY_FILE_UNSAFE`
 */
export async function openUserIdentity(path = userIdentityFile()): Promise<CurrentIdentity | undefined> {
  const identity = path === undefined ? undefined : openIdentity(path);
  if (identity !== undefined && needsRenewal(identity.current.certificate, Date.now())) {
    await renewIdentity(identity).catch(() => undefined); // whoever is called says what is wrong with the former one
  }
  return identity;
}

/**
 * Opens the identity by which a command calls: of the files of a PKI of one's own, else of whoever has logged in;
 * undefined where there is neither.
 *
 * @param given the files that the command line names; default: those of a `client.yaml`
 * @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`
 */
export async function openCommandIdentity(given?: Partial<TlsFiles>): Promise<CurrentIdentity | undefined> {
  const tls = findTls(given);
  return tls === undefined ? openUserIdentity() : openTlsIdentity(tls);
}

/**
 * Opens the identity of a user or host whose certificate a PKI of one's own issued, and follows its files until it is
 * disposed of.
 *
 * @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`
 */
export function openTlsIdentity(files: TlsFiles): PkiIdentity {
  return PkiIdentity.open(files, { kinds: ['user', 'host'] });
}
