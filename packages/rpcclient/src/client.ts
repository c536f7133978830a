import { connectTo, grpcTransport } from '@patchbay/grpc/client';
import {
  type Clock,
  findNameServer,
  type Interceptor,
  type Log,
  type NameServerMethods,
  nameServerObject,
  type Signatures,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import {
  type FanOutObject,
  type FanOutOptions,
  ObjectClient,
  type ObjectClientOptions,
} from '@patchbay/session/client';

import { matchingNames, type NameFilter } from './matching-names.js';
import { Resolver } from './resolver.js';

/** What a client needs. */
export interface ConnectOptions {
  /** The name server's address, `host:port`. Default: the one that `findNameServer` finds. */
  readonly nameServer?: string | undefined;
  /** The time limit of calls that do not say their own, in milliseconds, or `'none'`. Default: 60 s. */
  readonly timeoutMs?: number | 'none';
  /**
   * Whether to follow the name server's changes of the names in use, so that a server that moves is found before
   * a call fails. Default: true; a program of one call does without.
   */
  readonly watch?: boolean;
  /** Stand around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** How large a frame (a result, for one) the client takes, in bytes, from 256 KiB. Default: 64 MiB. */
  readonly maxFrameBytes?: number;
  /** How often calls that a connection took with it may run again. Default: 1024 at once, then one for each ten calls. */
  readonly retryBudget?: ObjectClientOptions['retryBudget'];
  /**
   * For how long after each call was sent to keep the processor busy while its answer is awaited, in microseconds, at
   * most 1000; about 100 takes the time of waking a sleeping processor off a short call. Default: 0.
   */
  readonly spinUs?: number;
  readonly clock?: Clock;
  /** Takes a line at `debug` when a call has ended, and above for what went wrong on the way. Default: none. */
  readonly log?: Log;
}

/** Calls objects by name, wherever the name server says that they live. */
export class Client extends ObjectClient {
  readonly #resolver: Resolver;
  readonly #names: ObjectClient;
  readonly #nameServer: string;

  /** @internal Use `connect`. */
  constructor(options: ConnectOptions) {
    const clock = options.clock ?? systemClock;
    const nameServer = options.nameServer ?? findNameServer();
    const names = connectTo(nameServer, { clock });
    const resolver = new Resolver({
      address: nameServer,
      names: names.proxy<NameServerMethods>(nameServerObject),
      watch: options.watch ?? true,
      clock,
      log: options.log ?? silentLog,
    });
    const { timeoutMs, retryBudget, spinUs, interceptors, maxFrameBytes, log } = options;
    super({
      clock,
      transport: grpcTransport,
      router: resolver,
      timeoutMs,
      retryBudget,
      spinUs,
      interceptors,
      maxFrameBytes,
      log,
    });
    this.#names = names;
    this.#nameServer = nameServer;
    this.#resolver = resolver;
  }

  /**
   * Gives all objects whose names are like a glob (`storage.*`), or that the given conditions allow, as one: a method
   * calls those that are registered then, a shared name once.
   */
  all<S extends Signatures>(filter: NameFilter, options: FanOutOptions = {}): FanOutObject<S> {
    const resolver = this.#resolver;
    const nameServer = {
      address: this.#nameServer,
      names: this.#names.proxy<NameServerMethods>(nameServerObject),
    };
    return this.fanOut<S>(async function* (rest) {
      for await (const record of matchingNames(nameServer, filter, rest)) {
        resolver.take(record);
        yield record.name;
      }
    }, options);
  }

  /** Cancels what runs, and closes every connection. */
  override async close(): Promise<void> {
    this.#resolver.close();
    await super.close();
    await this.#names.close();
  }
}

/**
 * Makes a client. Nothing is dialled before the first call.
 *
 * @throws RpcError `CONFIG_INVALID` where no name server is given and the environment or a `client.yaml` says a wrong one
 */
export function connect(options: ConnectOptions = {}): Client {
  return new Client(options);
}
