import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { type Caller, insecureCaller, localCaller } from '@patchbay/objects';

import { type Peer, peerOn } from './peers.js';
import { http2StreamOf } from './session-stream.js';

/** A connection that a server accepted. */
export interface Connection extends Peer {
  readonly socket: Socket | TLSSocket;
}

/** Returns who is at the other end of a connection; asked once for each, at its first call. */
export type Identify = (connection: Connection) => Caller;

/** A call that a handler of grpc-js serves. */
export interface HandledCall {
  readonly metadata: Metadata;
}

/** Returns who makes a call that a handler serves. */
export type CallerOf = (call: HandledCall) => Caller;

/** Who calls on a connection that is closed: the call comes to nothing, and may do nothing. */
const nobody: Caller = { peer: 'unknown', principal: 'anonymous', groups: [], roles: [] };

/** Returns who calls where nobody proves anything: through a socket file `local`, and whoever connects otherwise. */
const identifyByListener: Identify = ({ peer, isLocal }) =>
  isLocal ? localCaller(peer) : insecureCaller(peer);

/** Identifies the callers of a server, by their connections. */
export class Callers {
  readonly #identify: Identify;
  readonly #ofConnection = new WeakMap<object, Caller>();
  /** By the metadata of a call, which is what its handler gets of what interceptors see. */
  readonly #ofMetadata = new WeakMap<Metadata, Caller>();

  constructor(identify = identifyByListener) {
    this.#identify = identify;
  }

  /** Returns who makes a call that an interceptor takes over. */
  of(call: ServerInterceptingCallInterface): Caller {
    const { session } = http2StreamOf(call);
    if (session === undefined) {
      return nobody;
    }
    let caller = this.#ofConnection.get(session);
    if (caller === undefined) {
      caller = this.#identify({ ...peerOn(session), socket: session.socket });
      this.#ofConnection.set(session, caller);
    }
    return caller;
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

  /** Returns who makes a call that `pass` let through. */
  readonly ofHandled: CallerOf = ({ metadata }) => {
    const caller = this.#ofMetadata.get(metadata);
    if (caller === undefined) {
      throw new Error('a call reached its handler without its caller');
    }
    return caller;
  };
}
