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

/** What hosting objects takes. */
export interface HostingOptions {
  readonly dispatcher: Dispatcher;
  readonly objects: OpenObjects;
  /** How long calls that run may take to finish, in milliseconds. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

type Objects = Readonly<Record<string, ObjectDefinition | MakeObject>>;
type Limits = Readonly<Record<string, number | undefined>>;

/** The objects of a server as its callers reach them: opened and hosted, or drained and closed. */
export class Hosting {
  readonly #options: HostingOptions;

  constructor(options: HostingOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return this.#options.dispatcher.objects.names;
  }

  /**
   * Opens and hosts all of the objects, or none. @throws RpcError `OBJECT_HOSTED`, what opening one throws, and why
   * the signal was aborted
   */
  async add(objects: Objects, maxConcurrent: Limits = {}, signal?: AbortSignal): Promise<void> {
    Object.keys(objects).forEach(parseObjectName);
    const there = this.names.find((name) => name in objects);
    if (there !== undefined) {
      throw rpcServerError('OBJECT_HOSTED', `this server hosts an object "${there}" already`);
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

  /** Refuses new calls of an object, lets those that run finish within the limit, and closes it. */
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

  /** Bounds how many calls of objects run at once; undefined: as their definitions say. */
  limitTo(maxConcurrent: Limits): void {
    for (const [name, most] of Object.entries(maxConcurrent)) {
      this.#options.dispatcher.objects.find(name).limitTo({ maxConcurrent: most });
    }
  }

  /** Refuses new calls, and waits for those that run: for as long as is set, and then for their clean-up. */
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

  /** Tells every object that the server stops, those included that are being opened. */
  stopAll(reason?: unknown): void {
    this.#options.objects.stopAll(reason);
  }

  /** Closes every object, the last made first. */
  async closeAll(): Promise<void> {
    await this.#options.objects.closeAll();
  }
}
