import {
  type Clock,
  type Log,
  type ObjectDefinition,
  parseObjectName,
  type RpcError,
} from '@patchbay/objects';
import { type Dispatcher } from '@patchbay/objects/define';

import { drain } from './drain.js';
import { rpcServerError } from './errors.js';
import { type MakeObject, type OpenObjects } from './open-objects.js';

/** Configures the hosting of objects. */
export interface HostingOptions {
  readonly dispatcher: Dispatcher;
  readonly objects: OpenObjects;
  /** How long calls in flight may take to finish, in milliseconds. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

type Objects = Readonly<Record<string, ObjectDefinition | MakeObject>>;
type Limits = Readonly<Record<string, number | undefined>>;

/** Opens objects and hosts them for a server's callers; drains and closes them. */
export class Hosting {
  readonly #options: HostingOptions;

  constructor(options: HostingOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return this.#options.dispatcher.objects.names;
  }

  /**
   * Opens and hosts all of the objects, or none.
   *
   * @throws RpcError `NAME_INVALID`, `OBJECT_HOSTED`, as opening an object does, and the reason of an aborted signal
   */
  async add(objects: Objects, maxConcurrent: Limits = {}, signal?: AbortSignal): Promise<void> {
    Object.keys(objects).forEach(parseObjectName);
    const hosted = this.names.find((name) => name in objects);
    if (hosted !== undefined) {
      throw rpcServerError('OBJECT_HOSTED', `this server already hosts an object "${hosted}"`);
    }
    const opened: [name: string, object: ObjectDefinition][] = [];
    try {
      for (const [name, each] of Object.entries(objects)) {
        opened.push([name, await this.#options.objects.open(name, each)]);
        signal?.throwIfAborted();
      }
    } catch (error) {
      for (const [name] of opened.reverse()) {
        await this.#options.objects.close(name);
      }
      throw error;
    }
    for (const [name, object] of opened) {
      this.#options.dispatcher.host(name, object, { maxConcurrent: maxConcurrent[name] });
    }
  }

  /** Refuses new calls of an object, lets those in flight finish within the limit, and closes it. */
  async remove(name: string): Promise<void> {
    const { dispatcher, objects, log } = this.#options;
    const object = dispatcher.unhost(name);
    const calls = {
      get running() {
        return object.running;
      },
      idle: () => object.idle(),
      cancel: (error: RpcError) => {
        dispatcher.cancelAll(error, object);
      },
    };
    const why = `the object "${name}" was closed while the call ran`;
    await drain(calls, why, { ...this.#options, log: log.child({ object: name }) });
    await objects.close(name);
  }

  /** Limits how many calls of each object run at once; undefined: as its definition says. */
  limitTo(maxConcurrent: Limits): void {
    for (const [name, max] of Object.entries(maxConcurrent)) {
      this.#options.dispatcher.objects.find(name).limitTo({ maxConcurrent: max });
    }
  }

  /** Refuses new calls, lets those in flight finish within the limit, and cancels the rest. */
  async drainAll(): Promise<void> {
    const { dispatcher } = this.#options;
    const calls = {
      get running() {
        return dispatcher.running;
      },
      idle: () => dispatcher.drain(),
      cancel: (error: RpcError) => {
        dispatcher.cancelAll(error);
      },
    };
    await drain(calls, 'the server shut down while the call ran', this.#options);
  }

  /** Signals to every object that the server stops, including those that are being opened. */
  stopAll(reason?: unknown): void {
    this.#options.objects.stopAll(reason);
  }

  /** Closes every object, the last opened first. */
  async closeAll(): Promise<void> {
    await this.#options.objects.closeAll();
  }
}
