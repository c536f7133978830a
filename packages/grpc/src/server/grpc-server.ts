import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { coreError, type Dispatcher, parseAddress, type RpcError } from '@patchbay/objects';
import { type SessionLimits, sessionLimits } from '@patchbay/session/server';

import { describeAt } from '../describe.js';
import { channelOptions } from '../channel-options.js';
import { ObjectService, objectServiceDefinition } from './object-service.js';
import { addReflection } from './reflection.js';
import { SessionService } from './session-service.js';

/** What a server of objects needs. */
export interface ObjectServerOptions extends Partial<SessionLimits> {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly dispatcher: Dispatcher;
  /** Served beside ObjectServer, health and reflection. Default: none. */
  readonly services?: readonly GrpcService[];
}

/** A further gRPC service, typed in proto/. */
export interface GrpcService {
  /** As health probes and reflection call it: `patchbay.v1.NameServer`. */
  readonly name: string;
  /** The file in proto/ that defines it: `patchbay/v1/nameserver.proto`. */
  readonly file: string;
  readonly definition: ServiceDefinition;
  /** Makes its handlers, which call objects through the dispatcher. */
  readonly handlers: (dispatcher: Dispatcher) => UntypedServiceImplementation;
}

/** How long connections may take to close by themselves, in milliseconds. */
const closeMs = 500;

/** A gRPC server of objects, with standard health and reflection beside them. */
export class ObjectServer implements AsyncDisposable {
  /** `host:port` as it is bound, with the real port. */
  readonly address: string;
  readonly #server: Server;
  readonly #sessions: SessionService;
  readonly #dispatcher: Dispatcher;
  readonly #health: HealthImplementation;
  readonly #probed: Set<string>;
  #leaving = false;

  private constructor(address: string, parts: Parts) {
    this.address = address;
    this.#server = parts.server;
    this.#sessions = parts.sessions;
    this.#dispatcher = parts.dispatcher;
    this.#health = parts.health;
    this.#probed = new Set(parts.probed);
  }

  /**
   * Says whether an address could be listened on now, before anything costly is begun for it: it is bound and let go.
   * @throws RpcError `LISTEN_FAILED`
   */
  static async checkAddress(listen: string): Promise<void> {
    const { host, port } = parseAddress(listen);
    const probe = createServer();
    try {
      await once(probe.listen({ host, port }), 'listening');
    } catch (error) {
      throw listenFailed(listen, error as Error);
    }
    await new Promise((resolve) => probe.close(resolve));
  }

  /** Starts to serve. @throws RpcError `LISTEN_FAILED` */
  static async start(options: ObjectServerOptions): Promise<ObjectServer> {
    const { dispatcher } = options;
    const sessions = new SessionService(dispatcher, sessionLimits(options));
    const objects = new ObjectService(dispatcher);
    const server = new Server({
      ...channelOptions,
      'grpc.max_receive_message_length': 8 * 1024 * 1024,
      interceptors: [sessions.interceptor, objects.interceptor],
    });
    server.addService(objectServiceDefinition, objects.handlers());
    const files: Record<string, string> = { 'patchbay.v1.ObjectServer': 'patchbay/v1/objects.proto' };
    for (const { name, file, definition, handlers } of options.services ?? []) {
      files[name] = file;
      server.addService(definition, handlers(dispatcher));
    }
    // To health probes the empty name is the server as a whole.
    const probed = ['', ...Object.keys(files)];
    const health = new HealthImplementation(Object.fromEntries(probed.map((name) => [name, 'SERVING'])));
    health.addToServer(server);
    addReflection(server, files);
    const port = await bind(server, options.listen);
    const host = options.listen.slice(0, options.listen.lastIndexOf(':'));
    return new ObjectServer(`${host}:${String(port)}`, { server, sessions, dispatcher, health, probed });
  }

  /** Bounds the sessions that are opened from now on. @throws RpcError `CONFIG_INVALID` where a limit is none */
  limitTo(limits: Partial<SessionLimits>): void {
    this.#sessions.limitTo(sessionLimits(limits));
  }

  /** Tells health probes that this server is going: for the time in which it drains. */
  leave(): void {
    this.#leaving = true;
    for (const service of this.#probed) {
      this.#health.setStatus(service, 'NOT_SERVING');
    }
  }

  /** Tells health probes that ask for a service by its name whether it is there, beside the server as a whole. */
  setHealth(service: string, serving: boolean): void {
    this.#probed.add(service);
    this.#health.setStatus(service, serving && !this.#leaving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Has one of its objects described over its own port, as a stranger might. @throws RpcError when that fails */
  async probe(): Promise<void> {
    const [object] = this.#dispatcher.objects.names;
    if (object !== undefined) {
      await describeAt(this.address, object);
    }
  }

  /** Ends the sessions and stops to listen. Calls that still run are cancelled. Takes at most a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Answers of this turn are written at its end; they shall not find their sessions closed.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#sessions.endAll();
    const closed = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
    });
    const force = setTimeout(() => {
      this.#server.forceShutdown();
    }, closeMs);
    // A peer that does not read, such as a stopped process, never closes its connection: it is not waited for.
    const giveUp = new AbortController();
    await Promise.race([closed, delay(2 * closeMs, undefined, { signal: giveUp.signal })]);
    giveUp.abort();
    clearTimeout(force);
  }
}

interface Parts {
  readonly server: Server;
  readonly sessions: SessionService;
  readonly dispatcher: Dispatcher;
  readonly health: HealthImplementation;
  readonly probed: readonly string[];
}

function bind(server: Server, listen: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) {
        resolve(port);
      } else {
        reject(listenFailed(listen, error));
      }
    });
  });
}

function listenFailed(listen: string, cause: Error): RpcError {
  const message = `cannot listen on ${listen}: ${cause.message}; is another server there?`;
  return coreError('LISTEN_FAILED', message, { cause });
}
