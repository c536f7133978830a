import { join } from 'node:path';

import {
  type CurrentIdentity,
  enrol,
  type Enrolled,
  type EnrolOptions,
  type KeyFiles,
  openIdentity,
  readKeyPair,
} from '@patchbay/grpc/secure';
import { machineName } from '@patchbay/objects/identity';

import { identityFile, makeStateDirectory } from './state-directory.js';

export type { KeyFiles } from '@patchbay/grpc/secure';

/** What a host joins with: see `EnrolOptions`. */
export interface JoinOptions extends Omit<EnrolOptions, 'kind' | 'path' | 'privateKey'> {
  /** The files of a pair of keys that was made elsewhere. Default: one is made. */
  readonly keys?: KeyFiles | undefined;
  /** The server's state directory, which is made unless it is there. */
  readonly stateDir: string;
}

/**
 * Enrols the host of a server with its name server, and keeps its identity in the state directory. Over a socket file it
 * needs no token, and has the host's own name unless another is given.
 *
 * @throws RpcError `STATE_DIRECTORY_UNUSABLE`, and as `readKeyPair` and `enrol`
 */
export async function joinHost({ stateDir, keys, ...options }: JoinOptions): Promise<Enrolled> {
  const privateKey = keys && readKeyPair(keys);
  await makeStateDirectory(stateDir);
  const isLocal = options.address.startsWith('unix:') && options.token === undefined;
  const name = options.name ?? (isLocal ? machineName('localhost') : undefined);
  return enrol({ ...options, privateKey, name, kind: 'host', path: join(stateDir, identityFile) });
}

/** Opens the identity of a server's host; undefined where it has not joined a cluster. @throws RpcError `IDENTITY_FILE_UNSAFE` */
export function hostIdentity(stateDir: string): CurrentIdentity | undefined {
  return openIdentity(join(stateDir, identityFile));
}
