import {
  type Authorize,
  type Clock,
  type Interceptor,
  type Log,
  type ObjectDefinition,
} from '@patchbay/objects';
import { type SessionLimits } from '@patchbay/session/server';

import { type MakeObject } from './open-objects.js';

export { defaultSessionLimits } from '@patchbay/session/server';

/** What an RPC server needs. */
export interface RpcServerOptions {
  /** The name server's address, `host:port`. Default: the one that `findNameServer` finds. */
  readonly nameServer?: string | undefined;
  /** `host:port` to listen on; port 0 takes a free one. Default: a free port of 127.0.0.1. */
  readonly listen?: string;
  /**
   * `host:port` as clients shall dial it; one that they seem unable to reach is warned of. Default: the address that
   * it listens on.
   */
  readonly advertise?: string;
  /** Where the server keeps its identity and its objects their state; made when it is not there. */
  readonly stateDir: string;
  /** The objects by name: definitions, or functions that make them. */
  readonly objects: Readonly<Record<string, ObjectDefinition | MakeObject>>;
  /** The names, of those of the objects, that other servers may have too; all of them must say so. Default: none. */
  readonly shared?: readonly string[];
  /** Whether to take the names from whoever has them, once, at the start. Default: false. */
  readonly replace?: boolean;
  /** How long the names outlive this server, in milliseconds. Default: 10 s. */
  readonly leaseMs?: number;
  /** How long a stop waits for calls that run, in milliseconds. Default: 10 s. */
  readonly drainMs?: number;
  /** How long a stop waits for an object to close, in milliseconds. Default: 10 s. */
  readonly closeMs?: number;
  /** Decides who may call what. Default: everybody everything. */
  readonly authorize?: Authorize;
  /** Stand around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Whether a failure carries this server's stack to the caller. Default: false. */
  readonly sendStacks?: boolean;
  /** Bounds sessions, calls and messages. */
  readonly limits?: Partial<Omit<SessionLimits, 'sendStacks'>>;
  /** How many calls of an object may run at once, by its name, over what its definition says. */
  readonly maxConcurrent?: Readonly<Record<string, number | undefined>>;
  /** Called when the names have become registered, or are not any more, as far as is known here. */
  readonly onRegistered?: (registered: boolean) => void;
  /** Gives the start up when it aborts; a server that has started is stopped by disposing of it. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** What a server that runs may be told to do otherwise. */
export interface ObjectChanges {
  /** Objects to open, host and register. Default: none. */
  readonly add?: Readonly<Record<string, ObjectDefinition | MakeObject>>;
  /** Of those, the names that other servers may have too. Default: none. */
  readonly shared?: readonly string[];
  /** Names of objects to give back, drain and close. Default: none. */
  readonly remove?: readonly string[];
  /** How many calls of an object may run at once; undefined: what its definition says. Default: no change. */
  readonly maxConcurrent?: Readonly<Record<string, number | undefined>>;
  /** Bounds the sessions that are opened from now on. Default: no change. */
  readonly limits?: Partial<Omit<SessionLimits, 'sendStacks'>>;
}
