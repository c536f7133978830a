import {
  type Clock,
  type Log,
  type NameServerMethods,
  nameServerObject,
  silentLog,
  systemClock,
} from '@patchbay/core';
import { connectTo, ObjectClient } from '@patchbay/core/wire';

import { Resolver } from './resolver.js';

/** What a client needs. */
export interface ConnectOptions {
  /** The name server's address, `host:port`. */
  readonly nameServer: string;
  /** The time limit of calls that do not say their own, in milliseconds, or `'none'`. Default: 60 s. */
  readonly timeoutMs?: number | 'none';
  /**
   * Whether to follow the name server's changes of the names in use, so that a server that moves is found before
   * a call fails. Default: true; a program of one call does without.
   */
  readonly watch?: boolean;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Calls objects by name, wherever the name server says that they live. */
export class Client extends ObjectClient {
  readonly #resolver: Resolver;
  readonly #names: ObjectClient;

  /** @internal Use `connect`. */
  constructor(options: ConnectOptions) {
    const clock = options.clock ?? systemClock;
    const names = connectTo(options.nameServer, { clock });
    const resolver = new Resolver({
      address: options.nameServer,
      names: names.proxy<NameServerMethods>(nameServerObject),
      watch: options.watch ?? true,
      clock,
      log: options.log ?? silentLog,
    });
    super({ clock, router: resolver, timeoutMs: options.timeoutMs });
    this.#names = names;
    this.#resolver = resolver;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#resolver.close();
    await super[Symbol.asyncDispose]();
    await this.#names[Symbol.asyncDispose]();
  }
}

/** Makes a client. Nothing is dialled before the first call. */
export function connect(options: ConnectOptions): Client {
  return new Client(options);
}
