import { coreError, defaultMaxValues, type RpcError } from '@patchbay/objects';

import { type Keepalive, keepaliveOf } from '../keepalive.js';
import type { ValueLimits } from '../protocol/decode-payload.js';
import { defaultMaxFrameBytes, messageBytes } from '../protocol/outbox.js';

/** Bounds the sessions of an object server. Callers above a limit receive `RESOURCE_EXHAUSTED`. */
export interface SessionLimits extends ValueLimits {
  /**
   * How many calls one session may have in flight, and one-way calls beside them. As many methods run at once,
   * including those whose caller has left; further calls wait for their turn. Default: 1024.
   */
  readonly maxCalls: number;
  /** How many calls may run at once, of all clients, including those that have left. Default: 50,000. */
  readonly maxTotalCalls: number;
  /** How many gRPC streams a connection may have open: sessions, and calls outside of them. Default: 256. */
  readonly maxStreams: number;
  /** How many sessions may be open at once. Default: 10,000. */
  readonly maxSessions: number;
  /** How many connections may be open at once; further ones are closed unheard. Default: 12,000. */
  readonly maxConnections: number;
  /** How large a frame (a call's arguments, for one) may be, in bytes, from 256 KiB. Default: 64 MiB. */
  readonly maxFrameBytes: number;
  /** How many values and keys the arguments of a call may hold. Default: 100,000. */
  readonly maxValues: number;
  /** How much of a frame may be JSON, in bytes: all but long strings and bytes. Default: 4 MiB. */
  readonly maxJsonBytes: number;
  /**
   * How many bytes of large frames, from their first chunk to the end of their call, and of unread answers a server
   * holds for all of its clients together. Further large frames wait. Default: 256 MiB.
   */
  readonly maxBufferedBytes: number;
  /** How long a client may take for each MiB of a frame, or for one that is smaller, in milliseconds. Default: 10 s. */
  readonly frameMs: number;
  /** How many bytes of answers a client may leave unread before its next calls must wait. Default: 8 MiB. */
  readonly maxUnreadBytes: number;
  /** How long a client above `maxUnreadBytes` may read nothing before its session is ended, in ms. Default: 30 s. */
  readonly stallMs: number;
  /**
   * When a client that gives no sign of life counts as lost; clients send a heartbeat at least every `intervalMs` while
   * they have calls in flight. Default: asked every 20 s, it has 20 s to answer.
   */
  readonly keepalive: Keepalive;
  /** Whether a failure carries the server's stack to the caller. Default: false. */
  readonly sendStacks: boolean;
}

/** Some of the limits; the others have their defaults. */
export type GivenLimits = Partial<Omit<SessionLimits, 'keepalive'>> & {
  readonly keepalive?: Partial<Keepalive> | undefined;
};

/** The default limits. */
export const defaultSessionLimits: SessionLimits = {
  maxCalls: 1024,
  maxTotalCalls: 50_000,
  maxStreams: 256,
  maxSessions: 10_000,
  maxConnections: 12_000,
  maxFrameBytes: defaultMaxFrameBytes,
  maxValues: defaultMaxValues,
  maxJsonBytes: 4 * 1024 * 1024,
  maxBufferedBytes: 256 * 1024 * 1024,
  frameMs: 10_000,
  maxUnreadBytes: 8 * 1024 * 1024,
  stallMs: 30_000,
  keepalive: { intervalMs: 20_000, timeoutMs: 20_000 },
  sendStacks: false,
};

/** Fills in the defaults. @throws RpcError `CONFIG_INVALID` for an invalid limit */
export function sessionLimits(given: GivenLimits): SessionLimits {
  const { sendStacks, keepalive, ...limits } = defaultSessionLimits;
  const numbers = Object.fromEntries(
    Object.entries(limits).map(([name, byDefault]) => {
      const limit = given[name as keyof typeof limits] ?? byDefault;
      const least = name === 'maxFrameBytes' ? messageBytes : 1;
      if (!(Number.isSafeInteger(limit) && limit >= least)) {
        const message = `${name} must be an integer of at least ${String(least)}, not ${String(limit)}`;
        throw coreError('CONFIG_INVALID', message);
      }
      return [name, limit];
    }),
  ) as Omit<SessionLimits, 'sendStacks' | 'keepalive'>;
  return {
    ...numbers,
    keepalive: keepaliveOf(given.keepalive, keepalive),
    sendStacks: given.sendStacks ?? sendStacks,
  };
}

/** Makes the error for a call above the limit of calls in flight of a session, or of a connection. */
export function callsExhausted(maxCalls: number): RpcError {
  return coreError(
    'CALLS_EXHAUSTED',
    `${String(maxCalls)} calls of this client are in flight already, the most that the server allows (limits.maxCalls)`,
    { details: { limit: 'session', maxCalls } },
  );
}
