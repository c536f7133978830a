import {
  type Authorize,
  type CallObserver,
  consoleLog,
  coreError,
  type Interceptor,
  type Log,
  type ObjectDefinition,
  parseObjectName,
  systemClock,
} from '@patchbay/objects';
import { type Delegations, Dispatcher } from '@patchbay/objects/define';

import type { ObjectClientOptions } from '../client/client-options.js';
import { ObjectClient } from '../client/object-client.js';
import { routeTo } from '../client/transport.js';
import { MemoryTransport, type MemoryTransportOptions } from './memory-transport.js';

/** Options of objects in memory and of their client. */
export interface InMemoryOptions extends Partial<
  Pick<ObjectClientOptions, 'clock' | 'log' | 'timeoutMs' | 'interceptors'>
> {
  /** The server's side. */
  readonly server?: MemoryTransportOptions & {
    /** Refuses further calls, of those that the levels of methods and the caller's roles allow. Default: none. */
    readonly authorize?: Authorize;
    /** Who may call on whose behalf. Default: nobody. */
    readonly delegations?: Delegations;
    readonly interceptors?: readonly Interceptor[];
    /** Sees every call when it was answered. Default: nobody. */
    readonly observer?: CallObserver;
    /** Default: a `consoleLog`, which writes warnings and errors to standard error. */
    readonly log?: Log;
  };
}

const address = 'in-memory';
/** How long cancelled methods may take to clean up, in milliseconds. */
const cleanUpMs = 2_000;

/** The client of objects in memory; closing it cancels what runs and closes the objects. */
class InMemoryClient extends ObjectClient {
  readonly #dispatcher: Dispatcher;
  readonly #transport: MemoryTransport;
  readonly #objects: readonly ObjectDefinition[];

  constructor(objects: Readonly<Record<string, ObjectDefinition>>, options: InMemoryOptions) {
    const { clock = systemClock, server = {} } = options;
    const dispatcher = new Dispatcher({ clock, log: consoleLog(), ...server });
    for (const [name, definition] of Object.entries(objects)) {
      dispatcher.host(parseObjectName(name), definition);
    }
    const transport = new MemoryTransport(dispatcher, server);
    super({ ...options, clock, transport, router: routeTo(address) });
    this.#dispatcher = dispatcher;
    this.#transport = transport;
    this.#objects = Object.values(objects);
  }

  override async close(): Promise<void> {
    await super.close();
    this.#transport.close();
    this.#dispatcher.cancelAll(coreError('SERVER_STOPPED', 'the objects in memory were closed'));
    const cleanUp = new AbortController();
    await Promise.race([
      this.#dispatcher.drain(),
      this.#dispatcher.clock
        .sleep(cleanUpMs, { signal: cleanUp.signal, background: true })
        .catch(() => undefined),
    ]);
    cleanUp.abort();
    for (const object of [...this.#objects].reverse()) {
      await object.close?.();
    }
  }
}

/**
 * Returns a client of objects in this process: calls take the same path as over a network (checks, codec, sessions,
 * flow control, dispatch), without a port or a name server. Closing the client closes the objects.
 */
export function connectInMemory(
  objects: Readonly<Record<string, ObjectDefinition>>,
  options: InMemoryOptions = {},
): ObjectClient {
  return new InMemoryClient(objects, options);
}
