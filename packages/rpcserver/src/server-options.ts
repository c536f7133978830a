import type {
  Authorize,
  CallObserver,
  Clock,
  Insecure,
  Interceptor,
  Listen,
  Log,
  ObjectContext,
  ObjectDefinition,
} from '@patchbay/objects';
import type { Authenticate, CurrentIdentity, TlsFiles } from '@patchbay/grpc/secure';
import type { GivenLimits } from '@patchbay/session/server';

export { defaultSessionLimits } from '@patchbay/session/server';

/** Creates an object for a server, which passes its context. */
export type MakeObject = (context: ObjectContext) => ObjectDefinition | Promise<ObjectDefinition>;

/** Configures an RPC server. */
export interface RpcServerOptions {
  /** The name server's address. Default: from the environment, else from a `client.yaml`, else its socket, also where it is not there yet. */
  readonly nameServer?: string | undefined;
  /**
   * An address to listen on, or several: `host:port`, where port 0 takes a free one, or `unix:/path`, whose directory is
   * made. Default: the socket file `socket` in `stateDir` if the name server is reached by a socket file, else a free
   * port of 127.0.0.1.
   */
  readonly listen?: Listen;
  /**
   * Whether to use plain TCP, where every caller is an admin and nothing is encrypted: `true` on loopback, `'network'`
   * anywhere. Covers how the name server is dialled. Default: false.
   */
  readonly insecure?: Insecure;
  /**
   * The address that clients connect to; a warning is logged if they seem unable to. Default: the first listen address
   * of TCP, else the first.
   */
  readonly advertise?: string;
  /** Identifies the machine of socket files. Default: `machineId` of this one. */
  readonly machine?: string;
  /**
   * Who the server is in its cluster, as `openIdentity` of @patchbay/grpc/secure returns it: TCP is TLS, on both sides,
   * callers are known by their certificates, and the certificate is renewed. Default: nobody; plain TCP takes `insecure`.
   */
  readonly identity?: CurrentIdentity | undefined;
  /**
   * The files of a certificate of a PKI of one's own, `spiffe://CLUSTER/host/NAME`, in the place of an identity. They are
   * read again when they change. Default: none.
   */
  readonly tls?: TlsFiles | undefined;
  /**
   * Decides who is at the other end of a connection that is not of this machine, by what it has shown; asked once for
   * each connection, and again when the policy has changed. Default: `undefined` for all, by which the policy decides.
   */
  readonly authenticate?: Authenticate | undefined;
  /** The directory of the server's identity and of its objects' state; created if it does not exist. */
  readonly stateDir: string;
  /** The objects by name: definitions, or functions that return them. */
  readonly objects: Readonly<Record<string, ObjectDefinition | MakeObject>>;
  /** Those of the names that other servers may register too; all of them must share the name. Default: none. */
  readonly shared?: readonly string[];
  /** Whether to take the names from their present servers, once, at the start. Default: false. */
  readonly replace?: boolean;
  /**
   * What the start does if the name server refuses a name, as while another server holds it: `fail`, or `retry`, which
   * serves, and registers as soon as it may. Later refusals are retried. Default: `fail`.
   */
  readonly whenRefused?: 'fail' | 'retry';
  /** How long the names stay registered after this server dies, in milliseconds. Default: 10 s. */
  readonly leaseMs?: number;
  /** How long `close` waits for calls in flight, in milliseconds. Default: 10 s. */
  readonly drainMs?: number;
  /** How long `close` waits for an object to close, in milliseconds. Default: 10 s. */
  readonly closeMs?: number;
  /** Refuses further calls, of those that the levels of methods and the roles of callers allow. Default: none. */
  readonly authorize?: Authorize;
  /** Wrap every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** For the clients that objects make, which find them in their context. Default: none. */
  readonly clientInterceptors?: readonly Interceptor[];
  /** Sees every call when it was answered. Default: nobody. */
  readonly observer?: CallObserver | undefined;
  /** Whether errors carry this server's stack traces to the caller. Default: false. */
  readonly sendStacks?: boolean;
  /** Limits sessions, calls and messages. */
  readonly limits?: Omit<GivenLimits, 'sendStacks' | 'keepalive'>;
  /**
   * When a client that gives no sign of life counts as lost; clients send a heartbeat at least every `intervalMs` while
   * they have calls in flight. Default: asked every 20 s, it has 20 s to answer.
   */
  readonly keepalive?: GivenLimits['keepalive'];
  /** How many calls of an object may run at once, by its name; takes precedence over its definition. */
  readonly maxConcurrent?: Readonly<Record<string, number | undefined>>;
  /** Called when the names became registered, or no longer are, as far as this server knows. */
  readonly onRegistered?: (registered: boolean) => void;
  /** Aborts the start; a server that has started is stopped by closing it. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Default: a `consoleLog`, which writes warnings and errors to standard error. */
  readonly log?: Log;
}

/** Changes to a running server. */
export interface ObjectChanges {
  /** Objects to open, host and register. Default: none. */
  readonly add?: Readonly<Record<string, ObjectDefinition | MakeObject>>;
  /** Those of their names that other servers may register too. Default: none. */
  readonly shared?: readonly string[];
  /** Names of objects to unregister, drain and close. Default: none. */
  readonly remove?: readonly string[];
  /** How many calls of an object may run at once; undefined: as its definition says. Default: no change. */
  readonly maxConcurrent?: Readonly<Record<string, number | undefined>>;
  /** Limits sessions that are opened from now on. Default: no change. */
  readonly limits?: Omit<GivenLimits, 'sendStacks' | 'keepalive'>;
  /** The keepalive of connections that are opened from now on. Default: no change. */
  readonly keepalive?: GivenLimits['keepalive'];
}
