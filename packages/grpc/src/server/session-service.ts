import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';

import { coreError, type Dispatcher, type RpcError } from '@patchbay/objects';
import { ServerSession, type SessionLimits } from '@patchbay/session/server';

import { sessionPath } from '../session-path.js';
import { toGrpcStatus } from '../status.js';
import { widenReceiveWindow } from './receive-window.js';
import { SessionStream } from './session-stream.js';

/** Serves the sessions of an object server by a dispatcher. */
export class SessionService {
  readonly #dispatcher: Dispatcher;
  #limits: SessionLimits;
  readonly #streams = new Set<SessionStream>();

  constructor(dispatcher: Dispatcher, limits: SessionLimits) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
  }

  /** Takes the streams of sessions for itself, and lets every other call pass. */
  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    if (path !== sessionPath) {
      return new ServerInterceptingCall(call);
    }
    const peer = call.getPeer();
    if (this.#streams.size >= this.#limits.maxSessions) {
      return refusing(call, this.#exhausted(peer));
    }
    widenReceiveWindow(call);
    const dispatcher = this.#dispatcher;
    const limits = this.#limits;
    const stream = new SessionStream(
      call,
      (output) => new ServerSession({ dispatcher, caller: { peer }, limits, output }),
      {
        clock: dispatcher.clock,
        stallMs: limits.stallMs,
        onStall: () => {
          dispatcher.log.warn('a client did not read its answers; its session is ended', {
            peer,
            unsentBytes: stream.unsentBytes,
          });
        },
        onBreach: (error) => {
          dispatcher.log.warn('a client broke the protocol of its session', { peer, error });
        },
        onEnd: () => {
          this.#streams.delete(stream);
        },
      },
    );
    this.#streams.add(stream);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(stream.listener());
      },
    });
  };

  /** Bounds the sessions that are opened from now on; those that are open keep what they were told. */
  limitTo(limits: SessionLimits): void {
    this.#limits = limits;
  }

  /** Ends every session, so that clients look for the object elsewhere. */
  endAll(): void {
    for (const stream of [...this.#streams]) {
      stream.end();
    }
  }

  #exhausted(peer: string): RpcError {
    const { maxSessions } = this.#limits;
    this.#dispatcher.log.warn('a session is refused: as many are open as are allowed', { peer, maxSessions });
    return coreError(
      'SESSIONS_EXHAUSTED',
      `${String(maxSessions)} sessions are open on this server already, as many as it allows`,
      { details: { limit: 'sessions', maxSessions } },
    );
  }
}

/** Answers a stream with an error at once. */
function refusing(call: ServerInterceptingCallInterface, error: RpcError): ServerInterceptingCall {
  return new ServerInterceptingCall(call, {
    start: (next) => {
      next({
        onReceiveMetadata: () => {
          call.sendStatus(toGrpcStatus(error, undefined));
        },
      });
    },
  });
}
