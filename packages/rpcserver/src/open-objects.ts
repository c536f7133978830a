import { join } from 'node:path';

import { type Clock, type Log, type ObjectContext, type ObjectDefinition } from '@patchbay/objects';

import { makeStateDirectory } from './state-directory.js';
import { within } from './within.js';

/** Makes one object of a server, which has given it a context. */
export type MakeObject = (context: ObjectContext) => ObjectDefinition | Promise<ObjectDefinition>;

/** What the objects of a server share. */
export interface OpenObjectsOptions {
  readonly stateDir: string;
  /** How long an object may take to close, in milliseconds. */
  readonly closeMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface OpenObject {
  /** Tells the object that it is to end. */
  readonly stop: AbortController;
  /** Undefined while it is being made. */
  definition?: ObjectDefinition;
}

/** The objects that a server has opened, from their making to their close. */
export class OpenObjects {
  readonly #options: OpenObjectsOptions;
  readonly #objects = new Map<string, OpenObject>();

  constructor(options: OpenObjectsOptions) {
    this.#options = options;
  }

  /** Opens an object: makes it, where it is a function that makes one. @throws what that throws */
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

  /** Tells every object that the server stops, those included that are being made. */
  stopAll(reason?: unknown): void {
    for (const { stop } of this.#objects.values()) {
      stop.abort(reason);
    }
  }

  /** Closes one object, within the time that it may take. Never rejects: what fails is logged. */
  async close(name: string): Promise<void> {
    const { log, clock, closeMs } = this.#options;
    const open = this.#objects.get(name);
    this.#objects.delete(name);
    open?.stop.abort();
    try {
      const closing = open?.definition?.close?.();
      if (closing !== undefined && !(await within(closeMs, closing, clock))) {
        log.error('an object did not close in time; going on without it', { object: name, closeMs });
      }
    } catch (error) {
      log.error('an object could not be closed', { object: name, error });
    }
  }

  /** Closes all in the reverse order of their making; one that fails does not keep the others open. */
  async closeAll(): Promise<void> {
    for (const name of [...this.#objects.keys()].reverse()) {
      await this.close(name);
    }
  }

  async #make(name: string, make: MakeObject, stop: AbortController): Promise<ObjectDefinition> {
    const { clock, log } = this.#options;
    // Encoded, so that the directory of `a/b` is not within that of `a`.
    const stateDir = join(this.#options.stateDir, 'objects', encodeURIComponent(name));
    await makeStateDirectory(stateDir);
    return make({ name, clock, signal: stop.signal, stateDir, log: log.child({ object: name }) });
  }
}
