import { constants, type ServerHttp2Session } from 'node:http2';

import type { Clock } from '@patchbay/objects';
import type { SessionLimits } from '@patchbay/session/server';

/** What connections without an identity may use up before they are somebody. */
const bounds = {
  inAll: 256,
  ofAddress: 16,
  lifeMs: 30_000,
  streams: 2,
  maxFrameBytes: 64 * 1024,
  maxCalls: 1,
};

/** Returns the limits of a session of somebody who has proven nothing. */
export function anonymousLimits(limits: SessionLimits): SessionLimits {
  const { maxFrameBytes, maxCalls } = bounds;
  return { ...limits, maxFrameBytes: Math.min(limits.maxFrameBytes, maxFrameBytes), maxCalls };
}

/** Bounds the connections of whoever has proven nothing: the oldest make room, and each ends after a time. */
export class AnonymousConnections {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #open = new Map<ServerHttp2Session, string>();
  /** End the wait for the end of each. */
  readonly #waiting = new WeakMap<ServerHttp2Session, AbortController>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in a connection, and ends the oldest where there are too many. */
  add(connection: ServerHttp2Session): void {
    const address = String(connection.socket.remoteAddress);
    const same = [...this.#open].filter(([, its]) => its === address);
    if (same.length >= bounds.ofAddress) {
      this.#end(same[0]?.[0]);
    }
    if (this.#open.size >= bounds.inAll) {
      this.#end(this.#open.keys().next().value);
    }
    this.#open.set(connection, address);
    const closed = new AbortController();
    this.#waiting.set(connection, closed);
    connection.once('close', () => {
      this.#forget(connection);
    });
    connection.settings({ maxConcurrentStreams: bounds.streams });
    this.#clock.sleep(bounds.lifeMs, { signal: closed.signal, background: true }).then(
      () => {
        this.#end(connection);
      },
      () => undefined,
    );
  }

  /** Lets a connection go on without these bounds, as somebody has proven who it is on it. */
  release(connection: ServerHttp2Session, streams: number): void {
    if (this.#forget(connection)) {
      connection.settings({ maxConcurrentStreams: streams });
    }
  }

  #forget(connection: ServerHttp2Session): boolean {
    this.#waiting.get(connection)?.abort();
    return this.#open.delete(connection);
  }

  #end(connection: ServerHttp2Session | undefined): void {
    if (connection !== undefined) {
      this.#open.delete(connection);
      connection.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }
}
