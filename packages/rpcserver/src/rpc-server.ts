import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import {
  type Authorize,
  type Clock,
  coreError,
  defaultLeaseMs,
  Dispatcher,
  type Log,
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
  /** How long the names outlive this server, in milliseconds. Default: 10 s. */
  readonly leaseMs?: number;
  /** How long a stop waits for calls that run, in milliseconds. Default: 10 s. */
  readonly drainMs?: number;
  /** Decides who may call what. Default: everybody everything. */
  readonly authorize?: Authorize;
  /** Whether a failure carries this server's stack to the caller. Default: false. */
  readonly sendStacks?: boolean;
  readonly clock?: Clock;
  readonly log?: Log;
}

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
    const serverId = await prepareState(options.stateDir);
    const dispatcher = new Dispatcher({ clock, log, ...(authorize === undefined ? {} : { authorize }) });
    const stop = new AbortController();
    const objects: ObjectDefinition[] = [];
    try {
      for (const [name, each] of Object.entries(options.objects)) {
        parseObjectName(name);
        const object = await makeObject(name, each, { ...options, clock, log, signal: stop.signal });
        objects.push(object);
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
        claims: dispatcher.names.map((name) => ({ name })),
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
    }
  }

  /** Whether the names are registered, as far as is known here. */
  get registered(): boolean {
    return this.#parts.registration.registered;
  }

  /** Gives the names back, lets what runs finish within the limit, cancels the rest, and closes the objects. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { server, registration, dispatcher, objects, stop, log } = this.#parts;
    server.leave();
    await registration[Symbol.asyncDispose]();
    await this.#drain();
    // Not SERVER_DRAINING, by which clients know that a call never began and may begin elsewhere.
    dispatcher.cancelAll(coreError('SERVER_STOPPED', 'the server shut down while the call ran'));
    stop.abort();
    await server[Symbol.asyncDispose]();
    await closeAll(objects, log);
  }

  async #drain(): Promise<void> {
    const { dispatcher, drainMs, clock, log } = this.#parts;
    const limit = new AbortController();
    const timeUp = clock.sleep(drainMs, { signal: limit.signal }).then(
      () => {
        log.warn('calls still ran when the time to finish them was over', { calls: dispatcher.running });
      },
      () => undefined, // all done in time
    );
    await Promise.race([dispatcher.drain(), timeUp]);
    limit.abort();
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

async function prepareState(stateDir: string): Promise<string> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    return await serverIdOf(stateDir);
  } catch (error) {
    throw rpcServerError(
      'STATE_DIRECTORY_UNUSABLE',
      `the state directory ${stateDir} cannot be used: ${(error as Error).message}`,
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
  const stateDir = join(server.stateDir, 'objects', name);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
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
