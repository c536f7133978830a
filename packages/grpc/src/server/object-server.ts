import {
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { chmodSync } from 'node:fs';
import type { ServerHttp2Session } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';

import { type Address, formatAddress, isRpcError, type Listen, parseListen } from '@patchbay/objects';
import { type Dispatcher, listenFailed, prepareSocketFile, socketMode } from '@patchbay/objects/define';
import { type GivenLimits, type SessionLimits, sessionLimits } from '@patchbay/session/server';

import { channelOptions } from '../channel-options.js';
import { grpcTypes } from '../definitions.js';
import { describeAt } from '../describe.js';
import type { CurrentIdentity } from '../secure/identity.js';
import { type Authenticate, type CallerOfKey, identifyByCertificate } from '../secure/peer-identity.js';
import { trustOfServer } from '../secure/tls-dialer.js';
import { AnonymousConnections } from './anonymous-connections.js';
import { Callers, type Identify, type RequesterOf } from './callers.js';
import { ConnectionGuard } from './connection-guard.js';
import { Health } from './health.js';
import { type ApiKeyOptions, KeyAccess } from './key-access.js';
import { InputBounds } from './input-bounds.js';
import { ObjectService, objectServiceDefinition } from './object-service.js';
import { Reflection } from './reflection.js';
import { SessionService } from './session-service.js';
import { TlsCredentials } from './tls-credentials.js';

/** What a server of objects needs. */
export interface ObjectServerOptions extends GivenLimits {
  /** An address or several; port 0 takes a free one. The directory of a socket file is made, with mode 0750. */
  readonly listen: Listen;
  readonly dispatcher: Dispatcher;
  /** Default: `local` through a socket file, and whoever connects over TCP may do everything. */
  readonly identify?: Identify;
  /**
   * Who the server is: TCP is TLS, and callers are identified by their certificates. Socket files stay as they are.
   * Default: TCP is plain.
   */
  readonly identity?: CurrentIdentity | undefined;
  /** Returns the caller that a principal is who has proven to hold a key. Default: a member without a role. */
  readonly callerOf?: CallerOfKey;
  /** Lets callers prove who they are by API keys, on every address. Default: none may. */
  readonly keys?: ApiKeyOptions | undefined;
  /** Decides before the policy who is at the other end of a connection over TCP. Default: all are left to the policy. */
  readonly authenticate?: Authenticate | undefined;
  /** Served beside ObjectServer, health and reflection. Default: none. */
  readonly services?: readonly GrpcService[];
}

/** A further gRPC service, typed in proto/. */
export interface GrpcService {
  /** Its full name: `patchbay.v1.NameServer`. */
  readonly name: string;
  /** The file in proto/ that defines it: `patchbay/v1/nameserver.proto`. */
  readonly file: string;
  readonly definition: ServiceDefinition;
  /** Makes its handlers, which call objects through the dispatcher. */
  readonly handlers: (dispatcher: Dispatcher, requesterOf: RequesterOf) => UntypedServiceImplementation;
}

const { service } = grpcTypes.patchbay.v1.ObjectServer;

/** How long connections may take to close by themselves, in milliseconds. */
const closeMs = 500;

/** The services that every server has beside its own, with their .proto files. */
const standardServices: Readonly<Record<string, string>> = {
  'grpc.health.v1.Health': 'health/v1/health.proto',
  'grpc.reflection.v1.ServerReflection': 'grpc/reflection/v1/reflection.proto',
  'grpc.reflection.v1alpha.ServerReflection': 'grpc/reflection/v1alpha/reflection.proto',
};

/** The file of what errors carry in their trailers. */
const sharedFiles = ['google/rpc/status.proto'];

/** Returns a caller who may do what is open to members. */
const memberOnly: CallerOfKey = (principal, _fingerprint, peer) => ({
  peer,
  principal,
  groups: [],
  roles: [],
});

/** A gRPC server of objects, with standard health and reflection beside them. */
export class ObjectServer implements AsyncDisposable {
  readonly #dispatcher: Dispatcher;
  readonly #callers: Callers;
  readonly #bounds: InputBounds;
  readonly #sessions: SessionService;
  readonly #objects: ObjectService;
  readonly #server: Server;
  readonly #health = new Health();
  /** The services that health probes may ask for; the empty name is the server as a whole. */
  readonly #probed: Set<string>;
  #limits: SessionLimits;
  readonly #guard: ConnectionGuard;
  readonly #identity: CurrentIdentity | undefined;
  /** Of every address of TCP. */
  readonly #credentials: TlsCredentials | undefined;
  readonly #anonymous: AnonymousConnections;
  readonly #keys: KeyAccess | undefined;
  readonly #addresses: string[] = [];
  #draining = false;

  private constructor(options: ObjectServerOptions) {
    const { dispatcher, services = [] } = options;
    this.#dispatcher = dispatcher;
    const { identity, callerOf = memberOnly, authenticate, keys } = options;
    const { clock, log } = dispatcher;
    const { identify = identifyByCertificate({ identity, callerOf, authenticate, clock, log }) } = options;
    this.#callers = new Callers(clock, identify);
    this.#identity = identity;
    this.#credentials = identity && new TlsCredentials(identity);
    this.#anonymous = new AnonymousConnections(clock);
    const limits = sessionLimits(options);
    this.#limits = limits;
    dispatcher.limitTo(limits.maxTotalCalls);
    this.#bounds = new InputBounds(dispatcher, limits);
    this.#keys = keys && new KeyAccess({ ...keys, clock, onKnown: this.#onKnown });
    this.#sessions = new SessionService(dispatcher, limits, { bounds: this.#bounds, keys: this.#keys });
    this.#objects = new ObjectService(dispatcher, limits, this.#keys);
    this.#server = new Server({
      ...channelOptions,
      'grpc.max_concurrent_streams': limits.maxStreams,
      interceptors: [this.#intercept],
    });
    this.#guard = new ConnectionGuard(this.#server, limits, dispatcher, service.Session.path);
    this.#server.addService(objectServiceDefinition, this.#objects.handlers(this.#callers.ofHandled));
    const files: Record<string, string> = { 'patchbay.v1.ObjectServer': 'patchbay/v1/objects.proto' };
    for (const { name, file, definition, handlers } of services) {
      files[name] = file;
      this.#server.addService(definition, handlers(dispatcher, this.#callers.ofHandled));
    }
    this.#probed = new Set(['', ...Object.keys(files)]);
    this.#probed.forEach((name) => {
      this.#health.set(name, true);
    });
    this.#health.addTo(this.#server, this.#callers.ofHandled);
    new Reflection({ ...files, ...standardServices }, sharedFiles).addTo(
      this.#server,
      this.#callers.ofHandled,
      dispatcher.access,
    );
  }

  /** Starts a server. @throws RpcError `LISTEN_FAILED`, `CONFIG_INVALID` for an invalid limit */
  static async start(options: ObjectServerOptions): Promise<ObjectServer> {
    const server = new ObjectServer(options);
    try {
      for (const address of parseListen(options.listen)) {
        await server.#listen(address);
      }
      return server;
    } catch (error) {
      server.#server.forceShutdown();
      await server.close();
      throw error;
    }
  }

  /** The first address as it is bound, with the real port. */
  get address(): string {
    return this.#addresses[0] ?? '';
  }

  /** Every address as it is bound, in the order of the options. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Bounds the sessions that are opened from now on. @throws RpcError `CONFIG_INVALID` for an invalid limit */
  limitTo(limits: GivenLimits): void {
    this.#limits = sessionLimits(limits);
    this.#dispatcher.limitTo(this.#limits.maxTotalCalls);
    for (const limited of [this.#bounds, this.#sessions, this.#objects, this.#guard]) {
      limited.limitTo(this.#limits);
    }
  }

  /**
   * Asks anew who its callers are, as the policy has changed: what each may do changes at once, running calls that
   * it no longer allows are cancelled, and the connections of those who are nobody any more are ended.
   */
  reidentify(): void {
    this.#callers.reidentify();
    this.#keys?.reidentify();
    this.#dispatcher.reauthorize();
  }

  /** Ends the connections of all but those who came by a socket file, as when no root is trusted that was before. */
  dismiss(): void {
    this.#callers.dismiss();
  }

  /** Answers health probes with `NOT_SERVING` from now on, while calls finish. */
  leave(): void {
    this.#draining = true;
    for (const service of this.#probed) {
      this.#health.set(service, false);
    }
  }

  /** Sets what health probes of a service are answered. */
  setHealth(service: string, serving: boolean): void {
    this.#probed.add(service);
    this.#health.set(service, serving && !this.#draining);
  }

  /** Describes one of its objects over its own port, as any client might. @throws RpcError when that has no answer */
  async probe(): Promise<void> {
    const [object] = this.#dispatcher.objects.names;
    if (object !== undefined) {
      try {
        const identity = this.address.startsWith('unix:') ? undefined : this.#identity?.current;
        await describeAt(this.address, object, identity && trustOfServer(identity));
      } catch (error) {
        if (!isRpcError(error, 'OBJECT_NOT_FOUND')) {
          throw error;
        }
        // Who probes may not see the object, and was told so.
      }
    }
  }

  /** Stops listening and ends the sessions, which cancels calls that still run. Takes at most a second. */
  async close(): Promise<void> {
    // Answers of this turn are written at its end, before their sessions are closed.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#sessions.endAll();
    this.#credentials?.close();
    this.#health.close();
    this.#bounds.close();
    const closed = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
    });
    const force = setTimeout(() => {
      this.#server.forceShutdown();
    }, closeMs);
    // A peer that does not read, such as a stopped process, never closes its connection.
    const giveUp = new AbortController();
    await Promise.race([closed, delay(2 * closeMs, undefined, { signal: giveUp.signal })]);
    giveUp.abort();
    clearTimeout(force);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #onKnown = (connection: ServerHttp2Session): void => {
    this.#anonymous.release(connection, this.#limits.maxStreams);
  };

  readonly #intercept: ServerInterceptor = ({ path }, call) => {
    if (path === service.Session.path) {
      return this.#sessions.serve(call, this.#callers.of(call));
    }
    this.#bounds.bind(call);
    return path === service.Call.path
      ? this.#objects.serve(call, this.#callers.of(call))
      : this.#callers.pass(call);
  };

  async #listen(address: Address): Promise<void> {
    const listen = formatAddress(address);
    const socket = 'path' in address ? listen : undefined;
    if ('path' in address) {
      await prepareSocketFile(address.path);
    }
    const credentials = socket === undefined ? this.#credentials : undefined;
    const onConnection = (connection: ServerHttp2Session): void => {
      if (this.#callers.on(connection).principal === 'anonymous') {
        this.#anonymous.add(connection);
      }
    };
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(listen, credentials ?? ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) {
          reject(listenFailed(listen, error));
          return;
        }
        this.#guard.add(socket, credentials && onConnection);
        this.#addresses.push(socket ?? `${listen.slice(0, listen.lastIndexOf(':'))}:${String(port)}`);
        resolve();
      });
    });
    if ('path' in address) {
      chmodSync(address.path, socketMode);
    }
  }
}
