import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { setTimeout as delay } from 'node:timers/promises';

import { coreError } from '../../errors/core-errors.js';
import { type Dispatcher } from '../../object/dispatcher.js';
import { channelOptions } from '../channel-options.js';
import { nameServiceDefinition, nameServiceHandlers } from './name-service.js';
import { ObjectService, objectServiceDefinition } from './object-service.js';
import { addReflection } from './reflection.js';
import { type SessionLimits, sessionLimits } from './session-limits.js';
import { SessionService } from './session-service.js';

/** What a server of objects needs. */
export interface ObjectServerOptions extends Partial<SessionLimits> {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly dispatcher: Dispatcher;
  /** Whether to serve the typed NameServer too, by the object named `nameserver`. Default: false. */
  readonly nameService?: boolean;
}

/** How long connections may take to close by themselves, in milliseconds. */
const closeMs = 500;

/** A gRPC server of objects, with standard health and reflection beside them. */
export class ObjectServer implements AsyncDisposable {
  /** `host:port` as it is bound, with the real port. */
  readonly address: string;
  readonly #server: Server;
  readonly #sessions: SessionService;
  readonly #leave: () => void;

  private constructor(address: string, server: Server, sessions: SessionService, leave: () => void) {
    this.address = address;
    this.#server = server;
    this.#sessions = sessions;
    this.#leave = leave;
  }

  /** Starts to serve. @throws RpcError `LISTEN_FAILED` */
  static async start(options: ObjectServerOptions): Promise<ObjectServer> {
    const sessions = new SessionService(options.dispatcher, sessionLimits(options));
    const objects = new ObjectService(options.dispatcher);
    const server = new Server({
      ...channelOptions,
      'grpc.max_receive_message_length': 8 * 1024 * 1024,
      interceptors: [sessions.interceptor, objects.interceptor],
    });
    server.addService(objectServiceDefinition, objects.handlers());
    const files: Record<string, string> = { 'patchbay.v1.ObjectServer': 'patchbay/v1/objects.proto' };
    if (options.nameService === true) {
      files['patchbay.v1.NameServer'] = 'patchbay/v1/nameserver.proto';
      server.addService(nameServiceDefinition, nameServiceHandlers(options.dispatcher));
    }
    // To health probes the empty name is the server as a whole.
    const probed = ['', ...Object.keys(files)];
    const health = new HealthImplementation(Object.fromEntries(probed.map((name) => [name, 'SERVING'])));
    health.addToServer(server);
    addReflection(server, files);
    const port = await bind(server, options.listen);
    const host = options.listen.slice(0, options.listen.lastIndexOf(':'));
    const leave = (): void => {
      for (const service of probed) {
        health.setStatus(service, 'NOT_SERVING');
      }
    };
    return new ObjectServer(`${host}:${String(port)}`, server, sessions, leave);
  }

  /** Bounds the sessions that are opened from now on. @throws RpcError `CONFIG_INVALID` where a limit is none */
  limitTo(limits: Partial<SessionLimits>): void {
    this.#sessions.limitTo(sessionLimits(limits));
  }

  /** Tells health probes that this server is going: for the time in which it drains. */
  leave(): void {
    this.#leave();
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

function bind(server: Server, listen: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) {
        resolve(port);
      } else {
        reject(
          coreError(
            'LISTEN_FAILED',
            `cannot listen on ${listen}: ${error.message}; is another server there?`,
            {
              cause: error,
            },
          ),
        );
      }
    });
  });
}
