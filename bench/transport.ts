import type { Payload } from './payloads.js';

/** Sends a payload and waits for its echo. */
export type Echo = (payload: Payload) => Promise<unknown>;

/** A way to echo over loopback, measured against the others. */
export interface Transport {
  /** Starts the server and returns its port. */
  serve(): Promise<number>;
  /** Connects, and returns what calls. */
  connect(port: number): Promise<Echo>;
}
