import { type Clock, formatDuration } from '@patchbay/objects';

import type { Keepalive } from '../keepalive.js';
import type { LivenessOptions } from '../liveness.js';
import type { Frame } from '../protocol/frame.js';
import type { MessageStream } from './transport.js';

/** How often a client asks for a sign of life by default, and how long it waits for it. */
export const defaultKeepalive: Keepalive = { intervalMs: 10_000, timeoutMs: 5_000 };

/** How a session finds out that its server is gone. */
export interface ClientLiveness {
  readonly clock: Clock;
  readonly keepalive: Keepalive;
}

interface SessionKeepaliveOptions extends ClientLiveness {
  readonly stream: MessageStream;
  /** Reports whether anything waits for the server, or depends on the session. */
  readonly inUse: () => boolean;
  /** Sends a frame: a heartbeat, which the server answers. */
  readonly send: (frame: Frame) => void;
  /** @param why a clause, for the error of the calls in flight */
  readonly onSilence: (why: string) => void;
}

/**
 * Asks the server of a session for signs of life. While the session is in use these are heartbeats: messages, which
 * keep proxies from cutting it, and whose answers come from the server itself; else they are pings of the connection.
 */
export class SessionKeepalive {
  readonly #options: SessionKeepaliveOptions;
  /** Whether the server answers heartbeats. */
  #beats = false;
  /** Whether the last sign of life was asked for by a heartbeat. */
  #beaten = false;
  /** Whether the session was not in use when the last one was asked for, and no heartbeat was sent since. */
  #rested = false;
  #messages = 0;
  readonly #stop = new AbortController();
  #started = false;

  constructor(options: SessionKeepaliveOptions) {
    this.#options = options;
  }

  /** Begins, when the server has said how often it wants a heartbeat; 0: it knows none. */
  start(heartbeatMs: number): void {
    const { clock, stream, keepalive, onSilence } = this.#options;
    if (stream.ping === undefined || this.#started) {
      return; // it cannot be lost unnoticed
    }
    this.#started = true;
    this.#beats = heartbeatMs > 0;
    const { intervalMs, timeoutMs } = keepalive;
    this.#watch({
      clock,
      intervalMs: this.#beats ? Math.min(intervalMs, Math.max(100, heartbeatMs)) : intervalMs,
      timeoutMs,
      ask: () => {
        this.#ask();
      },
      // A proxy answers pings itself.
      heard: () => (this.#beaten ? this.#messages : (stream.receivedBytes ?? 0)),
      onSilence: () => {
        onSilence(`gave no sign of life for ${formatDuration(timeoutMs)}`);
      },
    }).catch(() => undefined); // stopped
  }

  /** Counts a message from the server. */
  noteMessage(): void {
    this.#messages++;
  }

  /** Precedes a call: after a rest, a proxy may be about to cut the session. */
  wake(): void {
    if (this.#rested) {
      this.#rested = false;
      this.#options.send({ kind: 'heartbeat' });
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Loads the watch when a session has lasted as long as its interval: those of most commands do not. */
  async #watch(options: LivenessOptions): Promise<void> {
    const { signal } = this.#stop;
    await options.clock.sleep(options.intervalMs, { signal, background: true });
    const { watchLiveness } = await import('../liveness.js');
    watchLiveness({ ...options, delayMs: 0 }, signal);
  }

  #ask(): void {
    this.#beaten = this.#beats && this.#options.inUse();
    this.#rested = this.#beats && !this.#beaten;
    if (this.#beaten) {
      this.#options.send({ kind: 'heartbeat' });
    } else {
      this.#options.stream.ping?.();
    }
  }
}
