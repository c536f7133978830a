import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { type Caller, insecureCaller } from '@patchbay/objects';

import { http2StreamOf } from './session-stream.js';

/** A connection that a server accepted. */
export interface Connection {
  /** The transport's name for the other end. */
  readonly peer: string;
  /** Undefined where the connection was closed already. */
  readonly socket: Socket | TLSSocket | undefined;
}

/** Returns who is at the other end of a connection; asked once for each, at its first call. */
export type Identify = (connection: Connection) => Caller;

/** A call that a handler of grpc-js serves. */
export interface HandledCall {
  readonly metadata: Metadata;
}

/** Returns who makes a call that a handler serves. */
export type CallerOf = (call: HandledCall) => Caller;

/** Identifies the callers of a server, by their connections. */
export class Callers {
  readonly #identify: Identify;
  readonly #ofConnection = new WeakMap<object, Caller>();
  /** By the metadata of a call, which is what its handler gets of what interceptors see. */
  readonly #ofMetadata = new WeakMap<Metadata, Caller>();

  constructor(identify: Identify = ({ peer }) => insecureCaller(peer)) {
    this.#identify = identify;
  }

  /** Returns who makes a call that an interceptor takes over. */
  of(call: ServerInterceptingCallInterface): Caller {
    const { session } = http2StreamOf(call);
    const known = session === undefined ? undefined : this.#ofConnection.get(session);
    if (known !== undefined) {
      return known;
    }
    const caller = this.#identify({ peer: call.getPeer(), socket: session?.socket });
    if (session !== undefined) {
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
