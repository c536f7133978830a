import { grpcTransport } from '@patchbay/grpc/client';
import { ObjectServer } from '@patchbay/grpc/server';
import {
  coreError,
  defaultLeaseMs,
  findNameServer,
  type NameClaim,
  parseObjectName,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';
import { Registration } from '@patchbay/session/client';
import { type SessionLimits } from '@patchbay/session/server';

import { warnOfAdvertised } from './advertised-address.js';
import { Hosting } from './hosting.js';
import { OpenObjects } from './open-objects.js';
import { serverIdOf } from './server-id.js';
import { type ObjectChanges, type RpcServerOptions } from './server-options.js';
import { lockStateDirectory } from './state-lock.js';
import { makeStateDirectory, usable } from './state-directory.js';

/** What health probes ask for who want to know whether the names are registered. */
const registrationHealth = 'patchbay.registration';

/** Hosts objects, and keeps their names registered. */
export class RpcServer implements AsyncDisposable {
  /** `host:port` as it is bound. */
  readonly address: string;
  readonly #parts: Parts;
  #limits: Partial<SessionLimits>;
  #changing: Promise<void> = Promise.resolve();
  #stopping = false;

  private constructor(parts: Parts, limits: Partial<SessionLimits>) {
    this.address = parts.server.address;
    this.#parts = parts;
    this.#limits = limits;
  }

  /** Makes the objects, serves them, and registers their names in the background. @throws RpcError */
  static async start(options: RpcServerOptions): Promise<RpcServer> {
    const clock = options.clock ?? systemClock;
    const log = options.log ?? silentLog;
    const { authorize, interceptors = [], nameServer = findNameServer() } = options;
    const { stateDir, listen = '127.0.0.1:0', closeMs = 10_000, drainMs = 10_000 } = options;
    Object.keys(options.objects).forEach(parseObjectName);
    await makeStateDirectory(stateDir);
    const lock = await usable(stateDir, lockStateDirectory(stateDir, log));
    const dispatcher = new Dispatcher({
      clock,
      log,
      interceptors,
      ...(authorize === undefined ? {} : { authorize }),
    });
    const objects = new OpenObjects({ stateDir, closeMs, clock, log });
    const hosting = new Hosting({ dispatcher, objects, drainMs, clock, log });
    const stop = new AbortController();
    const giveUp = (): void => {
      hosting.stopAll(options.signal?.reason);
    };
    options.signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const serverId = await usable(stateDir, serverIdOf(stateDir));
      await ObjectServer.checkAddress(listen); // before objects open what may take long
      await hosting.add(options.objects, options.maxConcurrent, options.signal);
      const limits = { ...options.limits, sendStacks: options.sendStacks ?? false };
      const server = await ObjectServer.start({ listen, dispatcher, ...limits });
      server.setHealth(registrationHealth, false);
      const advertised = options.advertise ?? server.address;
      void warnOfAdvertised({ advertised, nameServer }, { log, signal: stop.signal });
      const registration = Registration.start({
        nameServer,
        transport: grpcTransport,
        serverId,
        address: advertised,
        claims: hosting.names.map((name) => claimOf(name, options)),
        ttlMs: options.leaseMs ?? defaultLeaseMs,
        onChange: (registered) => {
          server.setHealth(registrationHealth, registered);
          options.onRegistered?.(registered);
        },
        clock,
        log: log.child({ component: 'registration' }),
      });
      return new RpcServer({ server, registration, hosting, stop, lock }, limits);
    } catch (error) {
      hosting.stopAll(error);
      await hosting.closeAll();
      await lock[Symbol.asyncDispose]();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Whether the names are registered, and the name server answered when it was last asked. */
  get registered(): boolean {
    return this.#parts.registration.registered;
  }

  /** Has one of its objects described over its own port. @throws RpcError when that fails */
  async probe(): Promise<void> {
    await this.#parts.server.probe();
  }

  /**
   * Opens, hosts and registers further objects, and gives back, drains and closes others; those that stay are not
   * touched, nor their sessions. When one of the new objects cannot be opened nothing is changed at all. Fulfils when
   * all is done, but for names that the name server does not take yet: it goes on to ask for those.
   *
   * @throws RpcError `OBJECT_NOT_FOUND` for one to be removed that is not there, `OBJECT_HOSTED` for one to be added
   *   that is, and what opening the new objects throws
   */
  async change(changes: ObjectChanges): Promise<void> {
    const changed = this.#changing.then(() => this.#change(changes));
    this.#changing = changed.catch(() => undefined); // who asked for the change is told
    await changed;
  }

  async #change(changes: ObjectChanges): Promise<void> {
    const { add = {}, shared = [], remove = [], maxConcurrent = {} } = changes;
    const { server, hosting, registration } = this.#parts;
    if (this.#stopping) {
      throw coreError('SERVER_DRAINING', 'the server is shutting down, and its objects stay as they are');
    }
    const gone = remove.find((name) => !hosting.names.includes(name));
    if (gone !== undefined) {
      throw coreError('OBJECT_NOT_FOUND', `this server hosts no object "${gone}"`);
    }
    const limits = { ...this.#limits, ...changes.limits };
    server.limitTo(limits);
    try {
      await hosting.add(add, maxConcurrent);
    } catch (error) {
      server.limitTo(this.#limits);
      throw error;
    }
    this.#limits = limits;
    hosting.limitTo(maxConcurrent);
    await registration.change({ remove, add: Object.keys(add).map((name) => claimOf(name, { shared })) });
    await Promise.all(remove.map((name) => hosting.remove(name)));
  }

  /** Gives the names back, lets what runs finish within the limit, cancels the rest, and closes the objects. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { server, registration, hosting, stop, lock } = this.#parts;
    this.#stopping = true;
    server.leave();
    await registration[Symbol.asyncDispose]();
    await hosting.drainAll();
    stop.abort();
    hosting.stopAll();
    await this.#changing;
    await server[Symbol.asyncDispose]();
    await hosting.closeAll();
    await lock[Symbol.asyncDispose]();
  }
}

interface Parts {
  readonly server: ObjectServer;
  readonly registration: Registration;
  readonly hosting: Hosting;
  readonly stop: AbortController;
  /** Held for as long as the server uses its state directory. */
  readonly lock: AsyncDisposable;
}

function claimOf(
  name: string,
  { shared = [], replace = false }: Pick<RpcServerOptions, 'shared' | 'replace'>,
): NameClaim {
  return { name, ...(shared.includes(name) ? { shared: true } : {}), ...(replace ? { replace } : {}) };
}
