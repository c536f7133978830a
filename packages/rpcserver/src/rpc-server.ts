import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import {
  type Authorize,
  type Clock,
  coreError,
  defaultLeaseMs,
  Dispatcher,
  type Log,
  type NameClaim,
  type ObjectContext,
  type ObjectDefinition,
  parseObjectName,
  silentLog,
  systemClock,
} from '@patchbay/core';
import { ObjectServer } from '@patchbay/core/wire';

import { rpcServerError } from './errors.js';
import { Registration } from './registration.js';
import { serverIdOf } from './server-id.js';

/** Makes one object of a server, which has given it a context. */
export type MakeObject = (context: ObjectContext) => ObjectDefinition | Promise<ObjectDefinition>;

/** What an RPC server needs. */
export interface RpcServerOptions {
  /** The name server's address, `host:port`. */
  readonly nameServer: string;
  /** `host:port` to listen on; port 0 takes a free one. Default: a free port of 127.0.0.1. */
  readonly listen?: string;
  /** `host:port` as clients shall dial it. Default: the address that it listens on. */
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
  /** Whether a failure carries this server's stack to the caller. Default: false. */
  readonly sendStacks?: boolean;
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
    const { authorize } = options;
    Object.keys(options.objects).forEach(parseObjectName);
    await makeStateDirectory(options.stateDir);
    const serverId = await usable(options.stateDir, serverIdOf(options.stateDir));
    const dispatcher = new Dispatcher({ clock, log, ...(authorize === undefined ? {} : { authorize }) });
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
        dispatcher.host(name, object);
      }
      const server = await ObjectServer.start({
        listen: options.listen ?? '127.0.0.1:0',
        dispatcher,
        sendStacks: options.sendStacks ?? false,
      });
      const registration = Registration.start({
        nameServer: options.nameServer,
        serverId,
        address: options.advertise ?? server.address,
        claims: dispatcher.names.map((name) => claimOf(name, options)),
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

async function makeStateDirectory(path: string): Promise<void> {
  await usable(path, mkdir(path, { recursive: true, mode: 0o700 }));
}

/** Waits for work on a state directory. @throws RpcError `STATE_DIRECTORY_UNUSABLE` when it fails */
async function usable<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw rpcServerError(
      'STATE_DIRECTORY_UNUSABLE',
      `the state directory ${path} cannot be used: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

async function makeObject(
  name: string,
  object: ObjectDefinition | MakeObject,
  server: {
    readonly stateDir: string;
    readonly clock: Clock;
    readonly log: Log;
    readonly signal: AbortSignal;
  },
): Promise<ObjectDefinition> {
  if (typeof object !== 'function') {
    return object;
  }
  // Encoded, so that the directory of `a/b` is not within that of `a`.
  const stateDir = join(server.stateDir, 'objects', encodeURIComponent(name));
  await makeStateDirectory(stateDir);
  const { clock, signal } = server;
  return object({ name, clock, signal, stateDir, log: server.log.child({ object: name }) });
}

/** Closes objects in the reverse order of their making; one that fails does not keep the others open. */
async function closeAll(objects: readonly ObjectDefinition[], log: Log): Promise<void> {
  for (const object of [...objects].reverse()) {
    try {
      await object.close?.();
    } catch (error) {
      log.error('an object could not be closed', { error });
    }
  }
}
