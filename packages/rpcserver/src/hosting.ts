import { type ObjectDefinition, parseObjectName } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { drain, settlesWithin } from './drain.js';
import { rpcServerError } from './errors.js';
import type { MakeObject, RpcServerOptions } from './server-options.js';
import { makeStateDirectory, objectStateDir } from './state-directory.js';

type HostingOptions = { readonly dispatcher: Dispatcher } & Required<
  Pick<
    RpcServerOptions,
    | 'clientInterceptors'
    | 'nameServer'
    | 'identity'
    | 'stateDir'
    | 'listen'
    | 'drainMs'
    | 'closeMs'
    | 'clock'
    | 'log'
  >
>;

interface OpenObject {
  /** Signals to the object that it is to stop. */
  readonly stop: AbortController;
  /** Undefined while the object is being created. */
  definition?: ObjectDefinition;
}

type Objects = Readonly<Record<string, ObjectDefinition | MakeObject>>;
type Limits = Readonly<Record<string, number | undefined>>;

/** Opens objects and hosts them for a server's callers; drains and closes them. */
export class Hosting {
  readonly #options: HostingOptions;
  readonly #open = new Map<string, OpenObject>();

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
        opened.push([name, await this.#openObject(name, each)]);
        signal?.throwIfAborted();
      }
    } catch (error) {
      for (const [name] of opened.reverse()) {
        await this.#close(name);
      }
      throw error;
    }
    for (const [name, object] of opened) {
      this.#options.dispatcher.host(name, object, { maxConcurrent: maxConcurrent[name] });
    }
  }

  /** Refuses new calls of an object, lets those in flight finish within the limit, and closes it. */
  async remove(name: string): Promise<void> {
    const { dispatcher, log } = this.#options;
    const object = dispatcher.unhost(name);
    await drain(
      {
        running: () => object.running,
        idle: () => object.idle(),
        cancel: (error) => {
          dispatcher.cancelAll(error, object);
        },
      },
      `the object "${name}" was closed while the call ran`,
      { ...this.#options, log: log.child({ object: name }) },
    );
    await this.#close(name);
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
    await drain(
      {
        running: () => dispatcher.running,
        idle: () => dispatcher.drain(),
        cancel: (error) => {
          dispatcher.cancelAll(error);
        },
      },
      'the server shut down while the call ran',
      this.#options,
    );
  }

  /** Signals to every object that the server stops, including those that are being opened. */
  stopAll(reason?: unknown): void {
    for (const { stop } of this.#open.values()) {
      stop.abort(reason);
    }
  }

  /** Closes all objects, the last opened first; one that fails does not keep the others open. */
  async closeAll(): Promise<void> {
    for (const name of [...this.#open.keys()].reverse()) {
      await this.#close(name);
    }
  }

  /** Opens an object; a function is called to create it. @throws Error of that function */
  async #openObject(name: string, object: ObjectDefinition | MakeObject): Promise<ObjectDefinition> {
    const open: OpenObject = { stop: new AbortController() };
    this.#open.set(name, open);
    try {
      open.definition =
        typeof object === 'function' ? await this.#make(name, object, open.stop.signal) : object;
      return open.definition;
    } catch (error) {
      open.stop.abort(error);
      this.#open.delete(name);
      throw error;
    }
  }

  async #make(name: string, make: MakeObject, signal: AbortSignal): Promise<ObjectDefinition> {
    const { clock, listen, log, clientInterceptors: interceptors, nameServer, identity } = this.#options;
    const stateDir = objectStateDir(this.#options.stateDir, name);
    await makeStateDirectory(stateDir);
    const client = { interceptors, nameServer, identity };
    return make({ name, clock, signal, stateDir, listen, ...client, log: log.child({ object: name }) });
  }

  /** Closes an object, and waits at most `closeMs` for it. Never rejects: failures are logged. */
  async #close(name: string): Promise<void> {
    const { log, clock, closeMs } = this.#options;
    const open = this.#open.get(name);
    this.#open.delete(name);
    open?.stop.abort();
    try {
      const closing = open?.definition?.close?.();
      if (closing !== undefined && !(await settlesWithin(closeMs, closing, clock))) {
        log.error('object did not close in time; continuing without it', { object: name, closeMs });
      }
    } catch (error) {
      log.error('object could not be closed', { object: name, error });
    }
  }
}
