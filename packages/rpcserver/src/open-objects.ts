import { join } from 'node:path';

import { type Clock, type Log, type ObjectContext, type ObjectDefinition } from '@patchbay/objects';

import { settlesWithin } from './drain.js';
import { makeStateDirectory } from './state-directory.js';

/** Creates an object for a server, which passes its context. */
export type MakeObject = (context: ObjectContext) => ObjectDefinition | Promise<ObjectDefinition>;

/** Configures the objects of a server. */
export interface OpenObjectsOptions {
  readonly stateDir: string;
  /** How long an object may take to close, in milliseconds. */
  readonly closeMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface OpenObject {
  /** Signals to the object that it is to stop. */
  readonly stop: AbortController;
  /** Undefined while the object is being created. */
  definition?: ObjectDefinition;
}

/** Owns the objects of a server, from their creation until they are closed. */
export class OpenObjects {
  readonly #options: OpenObjectsOptions;
  readonly #objects = new Map<string, OpenObject>();

  constructor(options: OpenObjectsOptions) {
    this.#options = options;
  }

  /** Opens an object; a function is called to create it. @throws Error of that function */
  async open(name: string, object: ObjectDefinition | MakeObject): Promise<ObjectDefinition> {
    const open: OpenObject = { stop: new AbortController() };
    this.#objects.set(name, open);
    try {
      open.definition = typeof object === 'function' ? await this.#make(name, object, open.stop) : object;
      return open.definition;
    } catch (error) {
      open.stop.abort(error);
      this.#objects.delete(name);
      throw error;
    }
  }

  /** Signals to every object that the server stops, including those that are being created. */
  stopAll(reason?: unknown): void {
    for (const { stop } of this.#objects.values()) {
      stop.abort(reason);
    }
  }

  /** Closes an object, and waits at most `closeMs` for it. Never rejects: failures are logged. */
  async close(name: string): Promise<void> {
    const { log, clock, closeMs } = this.#options;
    const open = this.#objects.get(name);
    this.#objects.delete(name);
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

  /** Closes all objects, the last created first; one that fails does not keep the others open. */
  async closeAll(): Promise<void> {
    for (const name of [...this.#objects.keys()].reverse()) {
      await this.close(name);
    }
  }

  async #make(name: string, make: MakeObject, stop: AbortController): Promise<ObjectDefinition> {
    const { clock, log } = this.#options;
    // Encoded, so that the directory of `a/b` is not inside that of `a`.
    const stateDir = join(this.#options.stateDir, 'objects', encodeURIComponent(name));
    await makeStateDirectory(stateDir);
    return make({ name, clock, signal: stop.signal, stateDir, log: log.child({ object: name }) });
  }
}
