import type { Code, RpcError } from '@patchbay/objects';

import { type Destination, destination } from './destination.js';
import type { SessionProver } from './session-prover.js';

/** The stream under a session: messages in order, both ways. */
export interface MessageStream {
  /** How many bytes each message leaves free in front, for a prefix that the stream writes. */
  readonly headroomBytes: number;
  /** Writes a message, and its tail where it has one. The tail is not copied, and must not be changed. */
  write(message: Buffer, tail?: Uint8Array): void;
  /** Ends the stream behind what was written; the server cancels what runs. Resolves when that is sent. */
  end(): void | Promise<void>;
  /** Asks the other end of the connection for a sign of life; absent where a connection cannot be lost unnoticed. */
  ping?(): void;
  /**
   * Returns the value of the TLS exporter of RFC 9266, which both ends of a connection alone know; undefined without TLS.
   * Only to be asked once something has arrived.
   */
  channelBinding?(): Uint8Array | undefined;
  /** How many bytes have arrived. */
  readonly receivedBytes?: number;
}

/** What a stream reports. `onEnd` comes once and last. */
export interface MessageStreamEvents {
  readonly onMessage: (message: Buffer) => void;
  /**
   * @param why one clause on why the stream ended, for the caller's error message
   * @param refusal what a server that can be reached refused, or was refused for; undefined where the connection is lost
   */
  readonly onEnd: (why: string, refusal?: Refusal) => void;
}

/** Why there is no session with a server that can be reached: it has no room, or one end does not trust the other. */
export interface Refusal {
  readonly code: Code;
  readonly reason: string;
}

/** Connects a client to its servers. */
export interface Transport {
  /** Proves to servers who opens a session, as `ApiKeyProver` does. Default: the connection alone says who calls. */
  readonly prover?: SessionProver | undefined;
  /** Opens a stream for a session. @throws RpcError `CONNECTION_LOST` for a malformed address */
  dial(to: Destination, events: MessageStreamEvents): MessageStream;
}

/** Finds the servers of objects. */
export interface Router {
  /** Returns where an object's server is: at once where that is known. @throws RpcError */
  route(object: string): Destination | Promise<Destination>;
  /** Notes that the object's server could not be reached there. */
  forget(object: string, from: Destination): void;
  /** Returns one clause on what the address of an object is being waited for. */
  waitsFor?(object: string): string;
  /** Returns the error of a server that could not be reached at an address, with what is wrong with that. Never rejects. */
  explain?(object: string, at: Destination, error: RpcError): Promise<RpcError>;
  /** Returns where another server of the object is, to try at once; undefined where none is known. */
  elsewhere?(object: string): Destination | undefined;
}

/** Returns the router to the one server of all objects. */
export function routeTo(address: string, principal?: string): Router {
  const only = destination(address, principal);
  return { route: () => only, forget: () => undefined };
}
