import { userIdentityFile } from '@patchbay/objects';

import type { CurrentIdentity } from './identity.js';
import { openIdentity } from './identity-file.js';
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
