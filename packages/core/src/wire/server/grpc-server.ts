import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';

import { coreError } from '../../errors/core-errors.js';
import { type Dispatcher } from '../../object/dispatcher.js';
import { channelOptions } from '../channel-options.js';
import { packageDefinition } from '../definitions.js';
import { nameServiceDefinition, nameServiceHandlers } from './name-service.js';
import { ObjectService, objectServiceDefinition, type SessionLimits } from './object-service.js';
import { defaultMaxCalls } from './server-session.js';

/** What a server of objects needs. */
export interface ObjectServerOptions extends Partial<SessionLimits> {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly dispatcher: Dispatcher;
  /** Whether to serve the typed NameServer too, by the object named `nameserver`. Default: false. */
  readonly nameService?: boolean;
}

/** A gRPC server of objects, with standard health and reflection beside them. */
export class ObjectServer implements AsyncDisposable {
  /** `host:port` as it is bound, with the real port. */
  readonly address: string;
  readonly #server: Server;
  readonly #objects: ObjectService;
  readonly #health: HealthImplementation;
  readonly #services: readonly string[];

  private constructor(
    address: string,
    server: Server,
    objects: ObjectService,
    health: HealthImplementation,
    services: readonly string[],
  ) {
    this.address = address;
    this.#server = server;
    this.#objects = objects;
    this.#health = health;
    this.#services = services;
  }

  /** Starts to serve. @throws RpcError `LISTEN_FAILED` */
  static async start(options: ObjectServerOptions): Promise<ObjectServer> {
    const server = new Server({ ...channelOptions, 'grpc.max_receive_message_length': 8 * 1024 * 1024 });
    const objects = new ObjectService(options.dispatcher, {
      maxCalls: options.maxCalls ?? defaultMaxCalls,
      sendStacks: options.sendStacks ?? false,
    });
    const services = ['patchbay.v1.ObjectServer'];
    server.addService(objectServiceDefinition, objects.handlers());
    if (options.nameService === true) {
      services.push('patchbay.v1.NameServer');
      server.addService(nameServiceDefinition, nameServiceHandlers(options.dispatcher));
    }
    // The empty name stands for the server as a whole.
    const health = new HealthImplementation(
      Object.fromEntries(['', ...services].map((name) => [name, 'SERVING'])),
    );
    health.addToServer(server);
    new ReflectionService(packageDefinition, { services }).addToServer(server);
    const port = await bind(server, options.listen);
    const host = options.listen.slice(0, options.listen.lastIndexOf(':'));
    return new ObjectServer(`${host}:${String(port)}`, server, objects, health, services);
  }

  /** Tells health probes that this server is going: for the time in which it drains. */
  leave(): void {
    for (const service of ['', ...this.#services]) {
      this.#health.setStatus(service, 'NOT_SERVING');
    }
  }

  /** Ends the sessions and stops to listen. Calls that still run are cancelled. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Answers of this turn are written at its end; they shall not find their sessions closed.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#objects.endSessions();
    const closed = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
    });
    const force = setTimeout(() => {
      this.#server.forceShutdown();
    }, 500);
    await closed;
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
