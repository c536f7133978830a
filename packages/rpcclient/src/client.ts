import { apiKeyTransport, clientTransport, type TcpDialer } from '@patchbay/grpc/client';
import {
  type ApiKey,
  type CallOptions,
  type Clock,
  findInsecure,
  findNameServer,
  type Interceptor,
  type ListOptions,
  type Log,
  maxPageSize,
  type NameRecord,
  nameServerFailure,
  type NameServerMethods,
  nameServerObject,
  type Signatures,
  silentLog,
  systemClock,
  type TimeLimit,
} from '@patchbay/objects';
import {
  connectOver,
  type FanOutObject,
  type FanOutOptions,
  type Keepalive,
  ObjectClient,
  type ObjectClientOptions,
  type RemoteObject,
} from '@patchbay/session/client';

import { Jobs, type JobsOptions, Runs, type RunsOptions } from './jobs/jobs.js';
import { Resolver } from './resolver.js';

/** Selects names: by a glob, or by conditions that all must hold. */
export type NameFilter = string | Omit<ListOptions, 'after' | 'limit'>;

/** Configures a client. */
export interface ConnectOptions {
  /**
   * Who calls, as `openUserIdentity` or `openTlsIdentity` returns it: servers are dialled by TLS, and know the caller by
   * its certificate. Default: nobody; only socket files are dialled, and plain TCP where that is asked for.
   */
  readonly identity?:
    | { readonly dialer: TcpDialer; readonly current?: { readonly kind: string; readonly name: string } }
    | undefined;
  /**
   * An API key of a user, as `parseApiKey` reads it, in place of an identity: servers are dialled by TLS, and both sides
   * prove that they know the key. Default: none.
   */
  readonly apiKey?: ApiKey | undefined;
  /** Who calls, for the log of servers alone: at most 64 visible ASCII characters. Default: nothing. */
  readonly claims?: string | undefined;
  /** The name server's address, `host:port`. Default: from the environment, else from a `client.yaml`, else its socket, else 127.0.0.1:7440. */
  readonly nameServer?: string | undefined;
  /**
   * Whether to dial plain TCP, which is neither encrypted nor authenticated. Default: `PATCHBAY_INSECURE`, else as in
   * a `client.yaml`, else false.
   */
  readonly insecure?: boolean | undefined;
  /** The time limit of calls without one of their own, in milliseconds, or `'none'`. Default: that of each method. */
  readonly timeoutMs?: TimeLimit | undefined;
  /** When a server that gives no sign of life counts as lost. Default: asked every 10 s, it has 5 s to answer. */
  readonly keepalive?: Partial<Keepalive> | undefined;
  /**
   * Whether to watch the names in use, so that a server that moves is found before a call fails. Default: true; a
   * program that makes a single call does not need it.
   */
  readonly watch?: boolean;
  /** Wrap every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** The largest frame (such as a result) that the client accepts, in bytes, at least 256 KiB. Default: 64 MiB. */
  readonly maxFrameBytes?: number;
  /** How often calls that were lost with their connection may be retried. Default: 1024 at once, then one for every ten calls. */
  readonly retryBudget?: ObjectClientOptions['retryBudget'];
  /**
   * For how long to keep the processor busy while a call's answer is awaited, in microseconds, at most 1000. About 100
   * saves a short call the time that a sleeping processor takes to wake up. Default: 0.
   */
  readonly spinUs?: number;
  readonly clock?: Clock;
  /** Gets a line at `debug` for each call that ended, and lines at higher levels for failures on the way. Default: none. */
  readonly log?: Log;
}

/** Calls objects by name, on whichever server the name server has them registered. */
export class Client extends ObjectClient {
  /** Whether it was told to dial plain TCP. */
  readonly insecure: boolean;
  /** Who it is by its identity, such as `user:alice`; undefined where it has none. */
  readonly principal: string | undefined;
  readonly #clock: Clock;
  readonly #resolver: Resolver;
  readonly #names: ObjectClient;

  /** @internal Use `connect`. @throws RpcError `CONFIG_INVALID` */
  constructor(options: ConnectOptions) {
    const clock = options.clock ?? systemClock;
    const nameServer = findNameServer(options.nameServer);
    const insecure = findInsecure(options.insecure);
    const { keepalive, apiKey, claims } = options;
    const { identity } = options;
    const transport =
      apiKey === undefined
        ? clientTransport({ identity, insecure })
        : apiKeyTransport(apiKey, { dialer: identity?.dialer, insecure });
    const shared = { clock, keepalive, claims };
    const names = connectOver(transport, nameServer, { ...shared, principal: 'nameserver' });
    const resolver = new Resolver({
      address: nameServer,
      names: names.proxy<NameServerMethods>(nameServerObject),
      watch: options.watch ?? true,
      clock,
      log: options.log ?? silentLog,
    });
    super({ ...options, ...shared, transport, router: resolver });
    this.insecure = insecure;
    const named = apiKey === undefined ? identity?.current : undefined;
    this.principal = named && `${named.kind}:${named.name}`;
    this.#clock = clock;
    this.#names = names;
    this.#resolver = resolver;
  }

  /**
   * Returns all objects whose names match a glob (`storage.*`) or other conditions, as one: a method calls those that
   * are registered at that time, a shared name once.
   */
  all<S extends Signatures>(filter: NameFilter, options: FanOutOptions = {}): FanOutObject<S> {
    const resolver = this.#resolver;
    const { address, names } = resolver;
    return this.fanOut<S>(async function* (callOptions) {
      for await (const record of namesMatching(filter, names, address, callOptions)) {
        await resolver.take(record);
        yield record.name;
      }
    }, options);
  }

  /** Returns what submits calls to hosts, each of which makes them once it is there. */
  jobs(options: RunsOptions): Runs;
  /** Returns what submits calls as jobs: kept, and made later, or again if they fail. @param options how they are carried out */
  jobs(options?: JobsOptions): Jobs;
  jobs(options: JobsOptions & { readonly on?: string } = {}): Jobs | Runs {
    return options.on === undefined
      ? new Jobs(this, this.#clock, options)
      : new Runs(this, this.#clock, options);
  }

  /** Cancels the calls in flight, and closes every connection. */
  override async close(): Promise<void> {
    this.#resolver.close();
    await super.close();
    await this.#names.close();
  }
}

/** Returns a client, which connects on its first call. @throws RpcError `CONFIG_INVALID` as `findNameServer` and `findInsecure` do */
export function connect(options: ConnectOptions = {}): Client {
  return new Client(options);
}

/**
 * Returns the records of all names that match a filter, ordered by name, page by page.
 *
 * @param callOptions returns the options of each request
 * @throws RpcError `PATTERN_INVALID`, `NAMESERVER_UNAVAILABLE`
 */
async function* namesMatching(
  filter: NameFilter,
  names: RemoteObject<NameServerMethods>,
  nameServer: string,
  callOptions: () => CallOptions,
): AsyncGenerator<NameRecord, void, undefined> {
  const conditions = typeof filter === 'string' ? { glob: filter } : filter;
  let after: string | undefined;
  do {
    const page = await names
      .with(callOptions())
      .list({ ...conditions, limit: maxPageSize, after })
      .catch((error: unknown) => {
        throw nameServerFailure(error, nameServer);
      });
    yield* page.names;
    after = page.next;
  } while (after !== undefined);
}
