import { connect } from 'node:net';

import { type AskedAuthority, type CurrentIdentity, withAuthority } from '@patchbay/grpc/secure';
import { grpcTransport } from '@patchbay/grpc/client';
import {
  backoffMs,
  checkPlainDial,
  type Clock,
  coreError,
  findNameServer,
  isLocal,
  isRpcError,
  type Listen,
  type Log,
  nameServerSocket,
  parseAddress,
  parseListen,
} from '@patchbay/objects';
import { defaultListen } from '@patchbay/objects/define';

import { hostIdentity, joinHost } from './join-host.js';
import { isSameServer } from './same-server.js';

/** What a server is to start with. */
export interface FindIdentityOptions {
  /** Default: that of its identity, else as `findNameServer`, else where one that is started like this server listens. */
  readonly nameServer?: string | undefined;
  readonly stateDir: string;
  readonly listen: Listen;
  /** Returns the socket file of this machine's name server. Default: `nameServerSocket`. */
  readonly ownSocket?: () => string | undefined;
  /** Called when the server has to wait for its name server. */
  readonly onWait?: (nameServer: string) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Who a server is, and where it asks for its name server. */
export interface FoundIdentity {
  readonly nameServer: string;
  readonly identity: CurrentIdentity | undefined;
}

type Status = AskedAuthority['status'];

/** A name server of this machine, by its socket file: without a status where it has no authority. */
interface LocalNameServer {
  readonly socket: string;
  readonly status: Status | undefined;
}

/** How long the name server of a server that has an identity may take to say whose it is, in milliseconds. */
const statusMs = 3_000;
/** Why a machine may not enrol by the socket file, so that a server which needs no identity starts without. */
const goesWithout = ['HOST_EXISTS', 'RECORDS_EXHAUSTED', 'CERTIFICATES_NOT_ISSUED'] as const;
const retry = { firstMs: 200, maxMs: 3_000, jitter: true };

/**
 * Finds the identity of a server's host: where its name server is one of this machine, the host enrols by the socket
 * file unless it has; so it does where the authority was made anew. Without an identity a server goes on that needs none:
 * it has socket files alone, and its name server no authority, or does not answer yet. One that needs one waits.
 *
 * @throws RpcError `CONFIG_INVALID` where an identity can only be had by a token, and as `joinHost`; the reason of an
 *   aborted signal
 */
export async function findIdentity(options: FindIdentityOptions): Promise<FoundIdentity> {
  const { stateDir, listen, ownSocket = nameServerSocket, clock, log, signal } = options;
  const known = hostIdentity(stateDir);
  const nameServer = findNameServer(options.nameServer ?? known?.current.nameServers[0], {
    otherwise: defaultListen('nameserver'),
  });
  const isNeeded = [nameServer, ...[listen].flat()].some((address) => 'host' in parseAddress(address));
  for (let failures = 1; ; failures += 1) {
    const found = await lookFor(nameServer, ownSocket);
    signal.throwIfAborted();
    if (typeof found === 'object') {
      return await startWith(found, known, isNeeded, options);
    }
    if (known !== undefined) {
      return { nameServer, identity: known };
    }
    if (found === 'elsewhere') {
      checkPlainDial(nameServer, {});
    }
    if (!isNeeded) {
      log.warn('the name server does not answer; starting without an identity, which the next start gets', {
        nameServer,
      });
      return { nameServer, identity: undefined };
    }
    if (failures === 1) {
      log.warn('waiting for the name server, which gives this server its identity', { nameServer });
      options.onWait?.(nameServer);
    }
    await clock.sleep(backoffMs(retry, failures), { signal });
  }
}

/** Looks for the name server at an address: by its socket file, if it is one of this machine that answers. */
async function lookFor(
  nameServer: string,
  ownSocket: () => string | undefined,
): Promise<LocalNameServer | 'silent' | 'elsewhere'> {
  const address = parseAddress(nameServer);
  if (!isLocal(address)) {
    return 'elsewhere';
  }
  const socket = 'path' in address ? nameServer : ownSocket();
  const asked = socket === undefined ? 'silent' : await askStatus(socket);
  if (socket !== undefined && asked !== 'silent') {
    const endpoints = asked?.discover.endpoints ?? [];
    return socket === nameServer || endpoints.some((each) => isSameServer(each, nameServer))
      ? { socket, status: asked }
      : 'elsewhere';
  }
  return 'path' in address || !(await isAnswered(address)) ? 'silent' : 'elsewhere';
}

/** Asks a name server whose it is; undefined where it has no authority. */
async function askStatus(socket: string): Promise<Status | 'silent' | undefined> {
  try {
    return await withAuthority(grpcTransport, socket, ({ status }) => Promise.resolve(status), statusMs);
  } catch (error) {
    if (isRpcError(error, 'AUTHORITY_MISSING')) {
      return undefined;
    }
    if (isRpcError(error, 'NAMESERVER_UNAVAILABLE')) {
      return 'silent';
    }
    throw error;
  }
}

function isAnswered(address: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (isAnswer: boolean): void => {
      socket.destroy();
      resolve(isAnswer);
    };
    socket.setTimeout(statusMs, () => {
      end(false);
    });
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
  });
}

/** Enrols with a name server of this machine, unless that is done. */
async function startWith(
  { socket, status }: LocalNameServer,
  known: CurrentIdentity | undefined,
  isNeeded: boolean,
  { stateDir, listen, clock, log, signal }: FindIdentityOptions,
): Promise<FoundIdentity> {
  if (status === undefined) {
    checkNeedsNone(socket, listen);
    return { nameServer: socket, identity: undefined };
  }
  if (known !== undefined && isOf(known, status)) {
    return { nameServer: socket, identity: known };
  }
  try {
    const { identity } = await joinHost({ address: socket, stateDir, clock, signal });
    log.info('enrolled this machine with its name server', { host: identity.name, nameServer: socket });
    return { nameServer: socket, identity: hostIdentity(stateDir) };
  } catch (error) {
    if (isNeeded || !isRpcError(error, ...goesWithout)) {
      throw error;
    }
    log.warn('cannot enrol this machine with its name server; starting without an identity', { error });
    return { nameServer: socket, identity: undefined };
  }
}

/** Reports whether an identity is one of a name server's authority, and not of one before it. */
function isOf({ current }: CurrentIdentity, { cluster, roots }: Status): boolean {
  return current.cluster === cluster && current.roots.some((root) => roots.includes(root));
}

/** @throws RpcError `CONFIG_INVALID` where a server would listen on TCP that no authority gives an identity */
function checkNeedsNone(nameServer: string, listen: Listen): void {
  if (parseListen(listen).some((address) => 'host' in address)) {
    throw coreError(
      'CONFIG_INVALID',
      `to listen on TCP takes an identity, and the name server ${nameServer} has no authority to give one: start it ` +
        'without --insecure, listen on a socket file (unix:/path) alone, or say --insecure here too',
    );
  }
}
