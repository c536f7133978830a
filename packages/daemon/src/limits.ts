import { z } from 'zod';

import { bytesSchema, durationSchema } from '@patchbay/objects/define';

/** The default limits of a server, as its library has them. */
export interface DefaultLimits {
  readonly maxSessions: number;
  readonly maxConnections: number;
  readonly maxCalls: number;
  readonly maxTotalCalls: number;
  readonly maxStreams: number;
  readonly maxFrameBytes: number;
  readonly maxValues: number;
  readonly maxJsonBytes: number;
  readonly maxBufferedBytes: number;
  readonly frameMs: number;
  readonly maxUnreadBytes: number;
  readonly stallMs: number;
}

const kib = 1024;
const gib = kib ** 3;

/** Makes the schema of a daemon's limits. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as a schema's type is its output
export function limitSettings(defaults: DefaultLimits) {
  return z.strictObject({
    maxSessions: z.int().min(1).default(defaults.maxSessions).describe('how many sessions may be open'),
    maxConnections: z
      .int()
      .min(1)
      .default(defaults.maxConnections)
      .describe('how many connections may be open; further ones are closed unheard'),
    maxCalls: z
      .int()
      .min(1)
      .default(defaults.maxCalls)
      .describe('how many calls a session, or a connection without one, may have in flight'),
    maxTotalCalls: z.int().min(1).default(defaults.maxTotalCalls).describe('how many calls may run at once'),
    maxStreams: z
      .int()
      .min(1)
      .max(0x7fff_ffff)
      .default(defaults.maxStreams)
      .describe('how many sessions, and calls outside of sessions, a connection may have open'),
    maxFrameBytes: bytesSchema()
      .min(256 * kib)
      .max(gib)
      .default(defaults.maxFrameBytes)
      .describe('how large the arguments of a call may be'),
    maxValues: z.int().min(1).default(defaults.maxValues).describe('how many values and keys they may hold'),
    maxJsonBytes: bytesSchema()
      .min(kib)
      .default(defaults.maxJsonBytes)
      .describe('how much of them may be JSON: all but long strings and bytes'),
    maxBufferedBytes: bytesSchema()
      .min(1)
      .default(defaults.maxBufferedBytes)
      .describe('how much all clients together may have the server hold; large arguments wait for room'),
    frame: durationSchema()
      .min(1_000)
      .default(defaults.frameMs)
      .describe('how long a client may take for each MiB of a message that has begun to arrive'),
    maxUnreadBytes: bytesSchema()
      .min(1)
      .default(defaults.maxUnreadBytes)
      .describe('how many bytes of unread results a client may have before no more of its calls are started'),
    stall: durationSchema()
      .min(1_000)
      .default(defaults.stallMs)
      .describe('how long such a client may read nothing before its session is ended'),
  });
}

/** Returns limits as a server takes them, whose durations have their unit in the name. */
export function limitsOf({
  stall: stallMs,
  frame: frameMs,
  ...others
}: z.infer<ReturnType<typeof limitSettings>>): DefaultLimits {
  return { ...others, stallMs, frameMs };
}
