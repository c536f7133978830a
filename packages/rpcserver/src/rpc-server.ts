import { once } from 'node:events';
import { resolve } from 'node:path';

import { grpcTransport } from '@patchbay/grpc/client';
import { secureTransport } from '@patchbay/grpc/secure';
import { ObjectServer } from '@patchbay/grpc/server';
import {
  checkPlainDial,
  consoleLog,
  coreError,
  defaultLeaseMs,
  findNameServer,
  type NameClaim,
  parseObjectName,
  systemClock,
  warnOfPlainTcp,
} from '@patchbay/objects';
import { checkListenAddress, defaultListen, Dispatcher } from '@patchbay/objects/define';
import { connectOver, Registration, type Transport } from '@patchbay/session/client';
import type { GivenLimits } from '@patchbay/session/server';

import { checkAddresses, checkAdvertisedAddress, reachedAt } from './advertised-address.js';
import { Hosting } from './hosting.js';
import type { ObjectChanges, RpcServerOptions } from './server-options.js';
import { ServerIdentity } from './server-identity.js';
import { hostBehind } from './host-behind.js';
import { openStateDirectory, type StateDirectory } from './state-directory.js';

interface Parts {
  readonly state: StateDirectory;
  readonly hosting: Hosting;
  readonly server: ObjectServer;
  readonly registration: Registration;
  readonly kept: ServerIdentity | undefined;
  /** Where the name server is, and how it is dialled. */
  readonly names: { readonly address: string; readonly transport: Transport };
}

/** How long a call of the name server may take, in milliseconds. */
const nameServerTimeoutMs = 10_000;

/** The service that health probes query to learn whether the names are registered. */
const registrationHealth = 'patchbay.registration';

/** Hosts objects, and keeps their names registered. */
export class RpcServer implements AsyncDisposable {
  /** The first address as it is bound. */
  readonly address: string;
  /** Every address as it is bound, in the order of the options. */
  readonly addresses: readonly string[];
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  #limits: GivenLimits;
  #changing: Promise<void> = Promise.resolve();
  #stopping = false;
  #closed: Promise<void> | undefined;

  private constructor(parts: Parts, limits: GivenLimits) {
    this.address = parts.server.address;
    this.addresses = parts.server.addresses;
    this.#parts = parts;
    this.#limits = limits;
  }

  /**
   * Opens the objects, serves them, and registers their names. Resolves when the name server has answered; if it does
   * not within 3 s, a warning is logged, and the server serves and keeps trying to register.
   *
   * @throws RpcError the name server's own, such as `NAME_TAKEN`, unless `whenRefused` is `retry`; `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`, `STATE_DIRECTORY_LOCKED`, `STATE_DIRECTORY_UNUSABLE`, `NAME_INVALID`, `LISTEN_FAILED`, and as
   *   opening an object does
   */
  static async start(options: RpcServerOptions): Promise<RpcServer> {
    const server = await RpcServer.#open(options);
    try {
      await server.#firstAnswer(options);
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  static async #open(options: RpcServerOptions): Promise<RpcServer> {
    const { authorize, interceptors = [], observer, stateDir, closeMs = 10_000, drainMs = 10_000 } = options;
    const { clock = systemClock, log = consoleLog() } = options;
    const { insecure = false, advertise } = options;
    const { identity: given, tls } = insecure === false ? options : {};
    const nameServer = findNameServer(options.nameServer ?? given?.current.nameServers[0], {
      otherwise: defaultListen('nameserver'), // where it is once it was started like this server
    });
    const { listen = listenBeside(nameServer, stateDir) } = options;
    const proves = given !== undefined || tls !== undefined;
    checkAddresses({ listen, advertise, insecure: proves ? 'network' : insecure });
    if (!proves) {
      checkPlainDial(nameServer, { insecure });
    }
    Object.keys(options.objects).forEach(parseObjectName);
    const state = await openStateDirectory(stateDir, log);
    const kept = await identityOf({ identity: given, tls, nameServer, stateDir, clock, log }, state);
    const identity = kept?.identity;
    const dispatcher = new Dispatcher({
      clock,
      log,
      interceptors,
      observer,
      ...(authorize && { authorize }),
      ...(kept && { delegations: kept.policy }),
    });
    const hosting = new Hosting({
      dispatcher,
      stateDir,
      listen,
      drainMs,
      closeMs,
      clock,
      log,
      clientInterceptors: options.clientInterceptors ?? [],
      ...{ nameServer, identity },
    });
    const giveUp = (): void => {
      hosting.stopAll(options.signal?.reason);
    };
    options.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await checkListenAddress(listen); // before objects open, which may take long
      await hosting.add(options.objects, options.maxConcurrent, options.signal);
      const { keepalive, sendStacks = false } = options;
      const limits = { ...options.limits, keepalive, sendStacks };
      const server = await ObjectServer.start({
        ...{ listen, dispatcher, identity, ...limits },
        ...(kept && { callerOf: kept.policy.callerOf, keys: kept.keysOf(state.serverId) }),
        authenticate: options.authenticate,
      });
      kept?.serve(server);
      await kept?.renewEnded();
      server.setHealth(registrationHealth, false);
      if (identity === undefined) {
        warnOfPlainTcp(server.addresses, log);
      }
      const reached = reachedAt(server.addresses, advertise, options.machine);
      const transport = identity === undefined ? grpcTransport : secureTransport({ identity });
      const registration = Registration.start({
        nameServer,
        transport,
        onBehalfOf: identity && hostBehind(nameServer, identity),
        serverId: state.serverId,
        ...reached,
        claims: hosting.names.map((name) => claimOf(name, options)),
        ttlMs: options.leaseMs ?? defaultLeaseMs,
        onChange: (registered) => {
          server.setHealth(registrationHealth, registered);
          options.onRegistered?.(registered);
        },
        clock,
        log: log.child({ component: 'registration' }),
      });
      const names = { address: nameServer, transport };
      const started = new RpcServer({ state, hosting, server, registration, kept, names }, limits);
      void checkAdvertisedAddress(
        { advertised: reached.address, nameServer },
        { log, signal: started.#stop.signal },
      );
      return started;
    } catch (error) {
      hosting.stopAll(error);
      await kept?.[Symbol.asyncDispose]();
      await hosting.closeAll();
      await state.close();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Whether the names are registered, and the name server answered the last request. */
  get registered(): boolean {
    return this.#parts.registration.registered;
  }

  /** Reads the files of `tls` again: what is wrong with them changes nothing. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
  reloadTls(): void {
    this.#parts.kept?.reload();
  }

  /** Checks that the server answers, by describing one of its objects over its own port. @throws RpcError */
  async probe(): Promise<void> {
    await this.#parts.server.probe();
  }

  /** Calls an object of the name server, as this server does. @throws RpcError */
  async callNameServer(object: string, method: string, args: readonly unknown[]): Promise<unknown> {
    const { address, transport } = this.#parts.names;
    await using client = connectOver(transport, address, { principal: 'nameserver' });
    return await client.call(object, method, args, { timeoutMs: nameServerTimeoutMs });
  }

  /**
   * Opens, hosts and registers further objects, and unregisters, drains and closes others. All other objects, and the
   * sessions, are not affected. If a new object cannot be opened, nothing is changed at all. Resolves when the changes
   * are made, though the name server may still refuse a name: the request is then repeated.
   *
   * @throws RpcError `OBJECT_NOT_FOUND` for an object to remove that is not hosted, `OBJECT_HOSTED` for one to add that
   *   is, and as opening an object does
   */
  async change(changes: ObjectChanges): Promise<void> {
    const changed = this.#changing.then(() => this.#change(changes));
    this.#changing = changed.catch(() => undefined); // reported to the caller
    await changed;
  }

  async #change(changes: ObjectChanges): Promise<void> {
    const { add = {}, shared = [], remove = [], maxConcurrent = {} } = changes;
    const { hosting, server, registration } = this.#parts;
    if (this.#stopping) {
      throw coreError('SERVER_DRAINING', 'the server is shutting down; its objects can no longer be changed');
    }
    const missing = remove.find((name) => !hosting.names.includes(name));
    if (missing !== undefined) {
      throw coreError('OBJECT_NOT_FOUND', `this server hosts no object "${missing}"`);
    }
    const { keepalive = this.#limits.keepalive } = changes;
    const limits = { ...this.#limits, ...changes.limits, keepalive };
    server.limitTo(limits);
    try {
      await hosting.add(add, maxConcurrent);
    } catch (error) {
      server.limitTo(this.#limits);
      throw error;
    }
    this.#limits = limits;
    hosting.limitTo(maxConcurrent);
    const claims = Object.keys(add).map((name) => claimOf(name, { shared }));
    await registration.change({ remove, add: claims });
    await Promise.all(remove.map((name) => hosting.remove(name)));
  }

  /** Unregisters the names, lets calls finish within the limit, cancels the rest, and closes the objects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits for the first answer of the name server. @throws RpcError if it refuses the names, unless that is to be retried */
  async #firstAnswer({ signal, whenRefused = 'fail' }: RpcServerOptions): Promise<void> {
    const { registration } = this.#parts;
    const answered = new AbortController();
    const aborted = signal && once(signal, 'abort', { signal: answered.signal }).catch(() => undefined);
    await Promise.race([registration.firstAnswer, ...(aborted ? [aborted] : [])]);
    answered.abort();
    signal?.throwIfAborted();
    if (registration.refusal !== undefined && whenRefused === 'fail') {
      throw registration.refusal;
    }
  }

  async #close(): Promise<void> {
    const { state, hosting, server, registration, kept } = this.#parts;
    this.#stopping = true;
    server.leave();
    await registration.close();
    await hosting.drainAll();
    this.#stop.abort();
    hosting.stopAll();
    await this.#changing;
    await kept?.[Symbol.asyncDispose]();
    await server.close();
    await hosting.closeAll();
    await state.close();
  }
}

/** Returns where a server listens by default: by a socket file if its name server does, which is on this machine then. */
function listenBeside(nameServer: string, stateDir: string): string {
  return nameServer.startsWith('unix:') ? `unix:${resolve(stateDir, 'socket')}` : '127.0.0.1:0';
}

function claimOf(
  name: string,
  { shared = [], replace = false }: Pick<RpcServerOptions, 'shared' | 'replace'>,
): NameClaim {
  return { name, ...(shared.includes(name) ? { shared: true } : {}), ...(replace ? { replace } : {}) };
}

/** Starts what keeps a server's identity. The state directory is left where that fails. */
async function identityOf(
  options: Parameters<typeof ServerIdentity.start>[0],
  state: StateDirectory,
): Promise<ServerIdentity | undefined> {
  try {
    return ServerIdentity.start(options);
  } catch (error) {
    await state.close();
    throw error;
  }
}
