import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { anonymousCaller, type Caller, type Clock } from '@patchbay/objects';
import { certificateTimeError, type Requester } from '@patchbay/objects/define';

import { onBehalfOfIn } from '../call-metadata.js';
import { type Peer, peerOn } from './peers.js';
import { http2StreamOf } from './session-stream.js';

/** A connection that a server accepted. */
export interface Connection extends Peer {
  readonly socket: Socket | TLSSocket;
}

/** Returns who is at the other end of a connection; asked once for each, and again when the policy has changed. */
export type Identify = (connection: Connection) => Caller;

/** A call that a handler of grpc-js serves. */
export interface HandledCall {
  readonly metadata: Metadata;
}

/** Returns who makes a call that a handler serves, and on whose behalf. */
export type RequesterOf = (call: HandledCall) => Requester;

/** Who calls on a connection that is closed: the call comes to nothing, and may do nothing. */
const nobody = anonymousCaller('unknown');

/** How long the last answers may take to those who are nobody any more, in milliseconds. */
export const farewellMs = 200;

/** Identifies the callers of a server, by their connections. */
export class Callers {
  readonly #identify: Identify;
  readonly #clock: Clock;
  readonly #ofConnection = new Map<ServerHttp2Session, Caller>();
  /** By the metadata of a call, which is what its handler gets of what interceptors see. */
  readonly #ofMetadata = new WeakMap<Metadata, Caller>();

  constructor(clock: Clock, identify: Identify) {
    this.#clock = clock;
    this.#identify = identify;
  }

  /** Returns who is at the other end of a connection. */
  on(connection: ServerHttp2Session): Caller {
    let caller = this.#ofConnection.get(connection);
    if (caller === undefined) {
      caller = this.#ask(connection);
      if (!connection.destroyed) {
        this.#ofConnection.set(connection, caller);
        connection.once('close', () => {
          this.#ofConnection.delete(connection);
        });
      }
    }
    return caller;
  }

  /** Returns who makes a call that an interceptor takes over. A connection whose certificate has ended takes no more. */
  of(call: ServerInterceptingCallInterface): Caller {
    const { session } = http2StreamOf(call);
    if (session === undefined || session.destroyed) {
      return nobody;
    }
    const caller = this.on(session as ServerHttp2Session);
    const { peer, principal, expiresAtMs = Infinity } = caller;
    const nowMs = this.#clock.now();
    if (nowMs < expiresAtMs) {
      return caller;
    }
    session.close(); // what runs goes on; further calls go to another connection, which shows another certificate
    return anonymousCaller(peer, certificateTimeError('CERTIFICATE_EXPIRED', principal, expiresAtMs, nowMs));
  }

  /**
   * Asks anew who is at the other end of each connection, as the policy has changed. What each may do is changed where it
   * is in use; connections of those who are somebody else now, or nobody any more, are ended with what they run.
   */
  reidentify(): void {
    for (const [connection, caller] of [...this.#ofConnection]) {
      if (connection.destroyed) {
        continue;
      }
      const { principal } = caller;
      Object.assign(caller, this.#ask(connection)); // sessions and running calls hold it
      if (caller.principal !== principal) {
        void this.#endSoon(connection);
      }
    }
  }

  /** Ends the connections of all but those who came by a socket file: nothing that they have proven counts any more. */
  dismiss(): void {
    for (const [connection, { principal }] of [...this.#ofConnection]) {
      if (principal !== 'local') {
        void this.#endSoon(connection);
      }
    }
  }

  /** Ends a connection when the answers of what was just refused or cancelled are sent. */
  async #endSoon(connection: ServerHttp2Session): Promise<void> {
    await this.#clock.sleep(farewellMs, { background: true });
    connection.destroy();
  }

  #ask(connection: ServerHttp2Session): Caller {
    return { ...this.#identify({ ...peerOn(connection), socket: connection.socket }) };
  }

  /** Lets a handler serve a call, which asks `ofHandled` for its caller. */
  pass(call: ServerInterceptingCallInterface): ServerInterceptingCall {
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, forward) => {
            this.#ofMetadata.set(metadata, this.of(call));
            forward(metadata);
          },
        });
      },
    });
  }

  /** Returns who makes a call that `pass` let through, and on whose behalf it says that it does. */
  readonly ofHandled: RequesterOf = ({ metadata }) => {
    const caller = this.#ofMetadata.get(metadata);
    if (caller === undefined) {
      throw new Error('a call reached its handler without its caller');
    }
    return { caller, onBehalfOf: onBehalfOfIn(metadata) };
  };
}
