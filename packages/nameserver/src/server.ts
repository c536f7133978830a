import { existsSync } from 'node:fs';

import { type Authority, identityObject } from '@patchbay/authority';
import type { TlsFiles } from '@patchbay/grpc/secure';
import { type GivenLimits, ObjectServer, type SessionLimits } from '@patchbay/grpc/server';
import {
  type CallObserver,
  checkPlainListen,
  type Clock,
  consoleLog,
  coreError,
  type Insecure,
  type Interceptor,
  type Listen,
  type Log,
  identityObjectName,
  nameServerObject as objectName,
  type ObjectDefinition,
  parseListen,
  type RpcError,
  systemClock,
  warnOfPlainTcp,
} from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';
import { type OnWritable, openSqliteStore, type Store } from '@patchbay/store';

import { keysOf } from './api-keys.js';
import { followPolicy } from './follow-policy.js';
import { nameServerObject } from './object.js';
import { nameServerLimits } from './limits.js';
import { identityService } from './identity-service.js';
import { nameService } from './name-service.js';
import { clusterKeyFile, OwnIdentity } from './own-identity.js';
import { Registry } from './registry.js';

/** How long calls may take to finish when the server stops, in milliseconds. None takes as long, but watches never end. */
const drainMs = 250;

/** What a name server needs. */
export interface NameServerOptions {
  /** An address or several: `host:port`, where port 0 takes a free one, or `unix:/path`, whose directory is made. */
  readonly listen: Listen;
  /** Whether to listen on plain TCP, where every caller is an admin: `true` on loopback, `'network'` anywhere. Default: false. */
  readonly insecure?: Insecure;
  /** The directory of the registry; it is made when it is not there. One name server at a time may use it. */
  readonly stateDir: string;
  /** Default: a `consoleLog`, which writes warnings and errors to standard error. */
  readonly log?: Log;
  /** What `info` answers. */
  readonly version: string;
  /**
   * Whether to be the authority of a cluster, and under which name: one is made the first time. With one, TCP is TLS.
   * Default: where the state directory has one.
   */
  readonly identity?: boolean | { readonly name: string } | undefined;
  /**
   * The files of a certificate of a PKI of one's own, `spiffe://CLUSTER/nameserver/NAME`: its roots vouch for all
   * certificates, and the authority keeps hosts, users and grants. Default: the authority issues the certificates.
   */
  readonly tls?: TlsFiles | undefined;
  /** Whether a failure carries the server's stack to the caller. Default: false. */
  readonly sendStacks?: boolean;
  /** Limits sessions, calls and messages. Default: those of a server, with smaller messages. */
  readonly limits?: Partial<Omit<SessionLimits, 'sendStacks' | 'keepalive'>> | undefined;
  /** When a client that gives no sign of life counts as lost. Default: asked every 20 s, it has 20 s to answer. */
  readonly keepalive?: GivenLimits['keepalive'];
  /** Called when the registry can only be read, with the reason, also at the start, and when it can be written again. */
  readonly onWritable?: OnWritable;
  /** Objects that it hosts beside the registry: clients ask it for what `isOfNameServer` names. Default: none. */
  readonly objects?: Readonly<Record<string, ObjectDefinition>>;
  /** Wrap every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Sees every call when it was answered. Default: nobody. */
  readonly observer?: CallObserver;
  /** Default: the machine's own. */
  readonly clock?: Clock;
}

/** The service that health probes query to learn whether names can be registered. */
const storeHealth = 'patchbay.store';

/** The service that health probes query to learn whether the certificate of the name server is renewed. */
const identityHealth = 'patchbay.identity';

/** The registry as a server: as the object `nameserver`, and as the typed NameServer service. */
export class NameServer implements AsyncDisposable {
  /** The first address as it is bound, with the real port. */
  readonly address: string;
  /** Every address as it is bound, in the order of the options. */
  readonly addresses: readonly string[];
  /** The authority of the cluster, if it is one. */
  readonly authority: Authority | undefined;
  readonly #parts: Parts;

  /** @internal Use `startNameServer`. */
  constructor(parts: Parts) {
    this.address = parts.server.address;
    this.addresses = parts.server.addresses;
    this.authority = parts.own?.authority;
    this.#parts = parts;
  }

  /** Changes the limits for sessions and connections that are opened from now on. @throws RpcError `CONFIG_INVALID` */
  limitTo(limits: NameServerOptions['limits'], sendStacks = false): void {
    this.#parts.server.limitTo({ ...nameServerLimits, ...limits, sendStacks });
  }

  /** Reads the files of `tls` again: what is wrong with them changes nothing. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
  reloadTls(): void {
    this.#parts.own?.reload();
  }

  /** Asks itself for what it holds, and over its own port. @throws what keeps it from answering */
  async probe(): Promise<void> {
    await this.#parts.registry.info();
    await this.#parts.server.probe();
  }

  /** Lets calls that run finish, ends watches, and closes the registry last. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { server, store, dispatcher, clock, own } = this.#parts;
    server.leave();
    const idle = dispatcher.drain();
    const finished = new AbortController();
    const timeUp = clock.sleep(drainMs, { signal: finished.signal }).catch(() => undefined); // all done in time
    await Promise.race([idle, timeUp]);
    finished.abort();
    dispatcher.cancelAll(coreError('SERVER_STOPPED', 'the name server is shutting down'));
    await idle;
    await server[Symbol.asyncDispose]();
    await own?.[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  }
}

interface Parts {
  readonly store: Store;
  readonly registry: Registry;
  readonly dispatcher: Dispatcher;
  readonly server: ObjectServer;
  readonly clock: Clock;
  readonly own: OwnIdentity | undefined;
}

/**
 * Starts a name server on the registry in a directory. It knows every name that the last one there knew, and restarts the
 * time of every lease. Where the disk is full or read-only, names are looked up, and registered once it can be written.
 *
 * @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`, `LISTEN_FAILED`, `CLUSTER_KEY_MISSING`, `CLUSTER_KEY_WRONG`, `STORE_LOCKED` when another name server uses the directory,
 *   and what else opening the store throws
 */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const {
    listen,
    insecure = false,
    stateDir,
    log = consoleLog(),
    version,
    sendStacks = false,
    keepalive,
    objects = {},
    clock = systemClock,
  } = options;
  const checkPlain = (): void => {
    for (const address of parseListen(listen)) {
      checkPlainListen(address, { insecure });
    }
  };
  if (
    (options.identity ?? false) === false &&
    options.tls === undefined &&
    !existsSync(clusterKeyFile(stateDir))
  ) {
    checkPlain(); // before anything is made
  }
  const disk: Disk = {};
  const store = await openSqliteStore({
    directory: stateDir,
    clock,
    log,
    whenUnwritable: 'read',
    onWritable: (failure) => {
      disk.failure = failure;
      disk.server?.setHealth(storeHealth, failure === undefined);
      options.onWritable?.(failure);
    },
  });
  let own: OwnIdentity | undefined;
  try {
    own = await openIdentity(options, { store, clock, log, disk });
    const isPlain = own === undefined || insecure !== false;
    if (isPlain) {
      checkPlain();
    }
    const { authority } = own ?? {};
    const registry = await Registry.open({
      store,
      clock,
      version,
      problem: () => disk.failure?.message,
      namesOf: authority && ((principal) => authority.namesOf(principal)),
      isHeld: authority && (() => authority.isHeld),
    });
    const dispatcher = new Dispatcher({
      clock,
      log,
      ...(authority && { delegations: authority.policy }),
      interceptors: options.interceptors ?? [],
      observer: options.observer,
    });
    const endpoints = (): readonly string[] => disk.server?.addresses ?? [];
    const hosted = {
      [objectName]: nameServerObject(registry),
      ...(authority && { [identityObjectName]: identityObject(authority, { version, endpoints }) }),
      ...objects,
    };
    for (const [name, object] of Object.entries(hosted)) {
      dispatcher.host(name, object);
    }
    const server = await ObjectServer.start({
      listen,
      dispatcher,
      services: authority === undefined ? [nameService] : [nameService, identityService],
      identity: isPlain ? undefined : own?.current,
      ...(authority && {
        callerOf: (principal, fingerprint, peer) => authority.policy.callerOf(principal, fingerprint, peer),
        keys: keysOf(authority, log),
      }),
      ...nameServerLimits,
      ...options.limits,
      sendStacks,
      keepalive,
    });
    if (own !== undefined) {
      await followPolicy(own, { server, registry, log });
    }
    disk.server = server;
    if (isPlain) {
      warnOfPlainTcp(server.addresses, log);
    }
    server.setHealth(storeHealth, disk.failure === undefined);
    if (authority !== undefined) {
      server.setHealth(identityHealth, true);
    }
    return new NameServer({ store, registry, dispatcher, server, clock, own });
  } catch (error) {
    await own?.[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** Why the store cannot be written, and the server once it is there, whose health that is. */
interface Disk {
  failure?: RpcError | undefined;
  server?: ObjectServer;
}

/** Opens the authority and the certificate of a name server; undefined where it has none, and makes none. */
async function openIdentity(
  { insecure = false, listen, stateDir, identity = false, tls }: NameServerOptions,
  { disk, ...shared }: { store: Store; clock: Clock; log: Log; disk: Disk },
): Promise<OwnIdentity | undefined> {
  const certify = insecure === false && parseListen(listen).some((address) => 'host' in address);
  const own = await OwnIdentity.open({
    ...shared,
    stateDir,
    create: disk.failure === undefined ? identity : undefined,
    certify,
    tls,
    onHealth: (isHealthy) => disk.server?.setHealth(identityHealth, isHealthy),
  });
  if (own === undefined && disk.failure !== undefined && identity !== false) {
    if (certify) {
      throw disk.failure;
    }
    shared.log.warn(
      'the authority cannot be made while the store cannot be written; the next start makes it',
    );
  }
  return own;
}
