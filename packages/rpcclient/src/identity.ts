import { unlinkSync } from 'node:fs';
import { dirname } from 'node:path';

import {
  enrol,
  type Enrolled,
  type EnrolOptions,
  openIdentity,
  publicKeyOf,
  readIdentityFile,
  secureTransport,
} from '@patchbay/grpc/secure';
import { identityObjectName, isRpcError, makeDirectory, type Signatures } from '@patchbay/objects';
import { connectOver } from '@patchbay/session/client';

export {
  type CurrentIdentity,
  openCommandIdentity,
  openTlsIdentity,
  openUserIdentity,
} from '@patchbay/grpc/secure';

/** Logs a user in with a token, and keeps the identity in a file. @throws RpcError as `enrol` */
export async function logIn(options: Omit<EnrolOptions, 'kind'>): Promise<Enrolled> {
  makeDirectory(dirname(options.path), 0o700);
  return enrol({ ...options, kind: 'user' });
}

/** What logging out left to do. */
export interface LoggedOut {
  /** Who it was; undefined where nobody was logged in. */
  readonly user: string | undefined;
  /** Why the name server could not be told to forget the key; undefined where it was. */
  readonly problem: unknown;
}

interface KeyMethods extends Signatures {
  remove_key: {
    readonly args: readonly [user: string, key: string];
    readonly result: unknown;
    readonly item: never;
  };
}

/** Logs a user out: the name server forgets the key, and the file is removed. @throws RpcError `IDENTITY_FILE_UNSAFE` */
export async function logOut(path: string): Promise<LoggedOut> {
  const stored = readIdentityFile(path);
  if (stored === undefined) {
    return { user: undefined, problem: undefined };
  }
  const identity = openIdentity(path);
  const [address] = stored.nameServers;
  let problem: unknown;
  if (identity !== undefined && address !== undefined) {
    const { fingerprint } = publicKeyOf(stored.privateKey);
    const transport = secureTransport({ identity });
    await using client = connectOver(transport, address, { principal: 'nameserver', timeoutMs: 5_000 });
    await client
      .proxy<KeyMethods>(identityObjectName)
      .remove_key(stored.name, fingerprint)
      .catch((error: unknown) => {
        // A key that is gone takes the call along that removed it.
        problem = isRpcError(error, 'PERMISSION_REVOKED', 'CERTIFICATE_REVOKED') ? undefined : error;
      });
  }
  unlinkSync(path);
  return { user: stored.name, problem };
}
