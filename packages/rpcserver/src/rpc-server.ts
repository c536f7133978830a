import {
  type Authorize,
  type Clock,
  coreError,
  defaultLeaseMs,
  Dispatcher,
  findNameServer,
  type Interceptor,
  type Log,
  type NameClaim,
  type ObjectDefinition,
  parseObjectName,
  silentLog,
  systemClock,
} from '@patchbay/core';
import { ObjectServer, Registration, type SessionLimits } from '@patchbay/core/wire';

import { warnOfAdvertised } from './advertised-address.js';
import { closeAll, type MakeObject, makeObject, makeStateDirectory, usable } from './make-objects.js';
import { serverIdOf } from './server-id.js';

export { defaultSessionLimits } from '@patchbay/core/wire';
export { type MakeObject } from './make-objects.js';

/** What an RPC server needs. */
export interface RpcServerOptions {
  /** The name server's address, `host:port`. Default: the one that `findNameServer` finds. */
  readonly nameServer?: string | undefined;
  /** `host:port` to listen on; port 0 takes a free one. Default: a free port of 127.0.0.1. */
  readonly listen?: string;
  /**
   * `host:port` as clients shall dial it; one that they seem unable to reach is warned of. Default: the address that
   * it listens on.
   */
  readonly advertise?: string;
  /** Where the server keeps its identity and its objects their state; made when it is not there. */
  readonly stateDir: string;
  /** The objects by name: definitions, or functions that make them. */
  readonly objects: Readonly<Record<string, ObjectDefinition | MakeObject>>;
  /** The names, of those of the objects, that other servers may have too; all of them must say so. Default: none. */
  readonly shared?: readonly string[];
  /** Whether to take the names from whoever has them, once, at the start. Default: false. */
  readonly replace?: boolean;
  /** How long the names outlive this server, in milliseconds. Default: 10 s. */
  readonly leaseMs?: number;
  /** How long a stop waits for calls that run, in milliseconds. Default: 10 s. */
  readonly drainMs?: number;
  /** Decides who may call what. Default: everybody everything. */
  readonly authorize?: Authorize;
  /** Stand around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Whether a failure carries this server's stack to the caller. Default: false. */
  readonly sendStacks?: boolean;
  /** Bounds sessions, calls and messages. */
  readonly limits?: Partial<Omit<SessionLimits, 'sendStacks'>>;
  /** How many calls of an object may run at once, by its name, over what its definition says. */
  readonly maxConcurrent?: Readonly<Record<string, number | undefined>>;
  /** Gives the start up when it aborts; a server that has started is stopped by disposing of it. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** How long a stop waits for methods that it cancelled to clean up, in milliseconds. */
const cleanUpMs = 2_000;

/** Hosts objects, and keeps their names registered. */
export class RpcServer implements AsyncDisposable {
  /** `host:port` as it is bound. */
  readonly address: string;
  readonly #parts: Parts;

  private constructor(address: string, parts: Parts) {
    this.address = address;
    this.#parts = parts;
  }

  /** Makes the objects, serves them, and registers their names in the background. @throws RpcError */
  static async start(options: RpcServerOptions): Promise<RpcServer> {
    const clock = options.clock ?? systemClock;
    const log = options.log ?? silentLog;
    const { authorize, interceptors = [], nameServer = findNameServer() } = options;
    Object.keys(options.objects).forEach(parseObjectName);
    await makeStateDirectory(options.stateDir);
    const serverId = await usable(options.stateDir, serverIdOf(options.stateDir));
    const dispatcher = new Dispatcher({
      clock,
      log,
      interceptors,
      ...(authorize === undefined ? {} : { authorize }),
    });
    const stop = new AbortController();
    const giveUp = (): void => {
      stop.abort(options.signal?.reason);
    };
    options.signal?.addEventListener('abort', giveUp, { once: true });
    const objects: ObjectDefinition[] = [];
    try {
      for (const [name, each] of Object.entries(options.objects)) {
        const object = await makeObject(name, each, { ...options, clock, log, signal: stop.signal });
        objects.push(object);
        options.signal?.throwIfAborted();
        dispatcher.host(name, object, { maxConcurrent: options.maxConcurrent?.[name] });
      }
      const server = await ObjectServer.start({
        listen: options.listen ?? '127.0.0.1:0',
        dispatcher,
        ...options.limits,
        sendStacks: options.sendStacks ?? false,
      });
      const advertised = options.advertise ?? server.address;
      void warnOfAdvertised({ advertised, nameServer }, { log, signal: stop.signal });
      const registration = Registration.start({
        nameServer,
        serverId,
        address: advertised,
        claims: dispatcher.objects.names.map((name) => claimOf(name, options)),
        ttlMs: options.leaseMs ?? defaultLeaseMs,
        clock,
        log,
      });
      const drainMs = options.drainMs ?? 10_000;
      return new RpcServer(server.address, {
        server,
        registration,
        dispatcher,
        objects,
        stop,
        drainMs,
        clock,
        log,
      });
    } catch (error) {
      stop.abort();
      await closeAll(objects, log);
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Whether the names are registered, as far as is known here. */
  get registered(): boolean {
    return this.#parts.registration.registered;
  }

  /** Gives the names back, lets what runs finish within the limit, cancels the rest, and closes the objects. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { server, registration, objects, stop, log } = this.#parts;
    server.leave();
    await registration[Symbol.asyncDispose]();
    await this.#drain();
    stop.abort();
    await server[Symbol.asyncDispose]();
    await closeAll(objects, log);
  }

  /** Refuses new calls, and waits for those that run: for as long as is set, and then for their clean-up. */
  async #drain(): Promise<void> {
    const { dispatcher, drainMs, log } = this.#parts;
    if (await this.#idleWithin(drainMs)) {
      return;
    }
    log.warn('calls still run when the time to finish is over; cancelling them', {
      calls: dispatcher.running,
    });
    // Not SERVER_DRAINING, by which clients know that a call never began and may begin elsewhere.
    dispatcher.cancelAll(coreError('SERVER_STOPPED', 'the server shut down while the call ran'));
    if (!(await this.#idleWithin(cleanUpMs))) {
      log.error('methods go on although they are cancelled; stopping without them', {
        calls: dispatcher.running,
      });
    }
  }

  /** Says whether nothing ran any more before the time was over. */
  async #idleWithin(ms: number): Promise<boolean> {
    const { dispatcher, clock } = this.#parts;
    const idle = new AbortController();
    const timeUp = clock.sleep(ms, { signal: idle.signal }).then(
      () => false,
      () => true, // woken because all is done
    );
    const inTime = await Promise.race([dispatcher.drain().then(() => true), timeUp]);
    idle.abort();
    return inTime;
  }
}

interface Parts {
  readonly server: ObjectServer;
  readonly registration: Registration;
  readonly dispatcher: Dispatcher;
  readonly objects: readonly ObjectDefinition[];
  readonly stop: AbortController;
  readonly drainMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

function claimOf(name: string, { shared = [], replace = false }: RpcServerOptions): NameClaim {
  return { name, ...(shared.includes(name) ? { shared: true } : {}), ...(replace ? { replace } : {}) };
}
