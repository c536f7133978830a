import { type Payload } from './payloads.js';

/** Sends a payload and waits for its echo. */
export type Echo = (payload: Payload) => Promise<unknown>;

/** An echo over loopback, compared with the others. */
export interface Transport {
  /** Starts the server and returns its port. */
  serve(): Promise<number>;
  /** Connects, and returns the function that calls. */
  connect(port: number): Promise<Echo>;
}
