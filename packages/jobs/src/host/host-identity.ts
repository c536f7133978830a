import { CurrentIdentity, readIdentityFile, type StoredIdentity } from '@patchbay/grpc/secure';
import {
  type Clock,
  findNameServer,
  isLocal,
  type Log,
  nameServerSocket,
  parseAddress,
} from '@patchbay/objects';
import { FollowedFiles } from '@patchbay/objects/identity';

import { hostError } from './errors.js';

/** Where the identity of a host is. */
export interface HostIdentityOptions {
  /** The file that the host's RPC server keeps; it is read and never written. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who a host is, as its RPC server keeps it: followed when that renews it. */
export class HostIdentity implements AsyncDisposable {
  readonly identity: CurrentIdentity;
  readonly #files: FollowedFiles<StoredIdentity & { readonly certificate: string }>;

  /** @throws RpcError `HOST_NOT_JOINED` where there is none, `IDENTITY_FILE_UNSAFE` */
  constructor({ path, clock, log }: HostIdentityOptions) {
    this.#files = FollowedFiles.open({
      paths: [path],
      read: () => readHost(path),
      onChange: (identity) => {
        this.identity.replace(identity);
      },
      ...{ clock, log },
    });
    this.identity = new CurrentIdentity(this.#files.current);
  }

  /** The host's name. */
  get name(): string {
    return this.identity.current.name;
  }

  /**
   * Returns where its name server is: as it is given or found, else the socket file of this machine's where that is the
   * one that it joined, else where it joined.
   *
   * @throws RpcError `CONFIG_INVALID` as `findNameServer`
   */
  nameServer(given: string | undefined, ownSocket = nameServerSocket()): string {
    const [joined] = this.identity.current.nameServers;
    const isHere = joined === undefined || isLocal(parseAddress(joined));
    return findNameServer(given, { loggedIn: isHere ? (ownSocket ?? joined) : joined });
  }

  /** Follows the file no longer. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }
}

function readHost(path: string): StoredIdentity & { readonly certificate: string } {
  const stored = readIdentityFile(path);
  if (stored?.certificate === undefined || stored.kind !== 'host') {
    throw hostError(
      'HOST_NOT_JOINED',
      `there is no identity of a host in ${path}: start this host's RPC server, or let it join (rpcserver join)`,
      { details: { path } },
    );
  }
  return { ...stored, certificate: stored.certificate };
}
