import { rm } from 'node:fs/promises';

import { ObjectServer } from '@patchbay/grpc/server';
import { localCaller, type NameEvent, silentLog, systemClock } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';
import { Scratch } from '@patchbay/objects/testing';
import { openSqliteStore, type Store } from '@patchbay/store';

import { nameServerObject } from '../object.js';
import type { CallersNames } from '../callers-names.js';
import { Registry } from '../registry.js';

/** A name server in this process, with its state on disk, that a test can stop and start again on the same port. */
export class TestNameServer implements AsyncDisposable {
  /** How often each method was called. */
  readonly calls = new Map<string, number>();
  address = '127.0.0.1:0';
  readonly #scratch: Scratch;
  readonly #held = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, Error>();
  #running:
    { readonly names: CallersNames; readonly server: ObjectServer; readonly store: Store } | undefined;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  static async start(): Promise<TestNameServer> {
    const nameServer = new TestNameServer(await Scratch.make());
    await nameServer.start();
    return nameServer;
  }

  /** The registry, as this machine sees it. */
  get registry(): CallersNames {
    if (this.#running === undefined) {
      throw new Error('the name server is stopped');
    }
    return this.#running.names;
  }

  /** How often a method was called. */
  called(method: string): number {
    return this.calls.get(method) ?? 0;
  }

  /** Fails the next call of a method. */
  failOnce(method: string, error: Error): void {
    this.#failures.set(method, error);
  }

  /** Lets calls of a method wait until they are released. */
  hold(method: string): { release(): void } {
    let release = (): void => undefined;
    this.#held.set(
      method,
      new Promise((resolve) => {
        release = () => {
          this.#held.delete(method);
          resolve();
        };
      }),
    );
    return { release };
  }

  /** Starts again, on the address that it had; watchers may be as many revisions behind as it is told. */
  async start(options: { readonly historyRevisions?: number } = {}): Promise<void> {
    const clock = systemClock;
    const store = await openSqliteStore({ directory: this.#scratch.file('names'), clock, ...options });
    const registry = await Registry.open({ store, clock, version: '0.0.0-test' });
    const dispatcher = new Dispatcher({
      clock,
      log: silentLog,
      authorize: ({ action, method }) => {
        if (action === 'describe') {
          return undefined;
        }
        this.calls.set(method, this.called(method) + 1);
        const failure = this.#failures.get(method);
        if (failure !== undefined) {
          this.#failures.delete(method);
          throw failure;
        }
        return this.#held.get(method);
      },
    });
    dispatcher.host('nameserver', nameServerObject(registry));
    const server = await ObjectServer.start({ listen: this.address, dispatcher });
    this.address = server.address;
    this.#running = { names: registry.for(localCaller('in-memory')), server, store };
  }

  async stop(): Promise<void> {
    const { server, store } = this.#running ?? {};
    this.#running = undefined;
    await server?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
  }

  /** Forgets everything, as if the disk had been replaced; it must be stopped. */
  async loseState(): Promise<void> {
    await rm(this.#scratch.file('names'), { recursive: true, force: true });
  }

  /** Returns the names that are registered. */
  async names(): Promise<readonly string[]> {
    return (await this.registry.list({})).names.map(({ name }) => name);
  }

  /** Returns the address under which a name is registered. */
  async addressOf(name: string): Promise<string | undefined> {
    return (await this.registry.lookup(name)).endpoints[0]?.address;
  }

  /** Watches from now on; the signal ends it. */
  watch(signal: AbortSignal): AsyncGenerator<NameEvent, void, undefined> {
    return this.registry.watch({ signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#scratch[Symbol.asyncDispose]();
  }
}
