import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

import { type Dispatcher } from '../../object/dispatcher.js';
import { sessionPath } from '../session-path.js';
import { ServerSession } from './server-session.js';
import { SessionStream } from './session-stream.js';

/** How an object server treats its sessions. */
export interface SessionLimits {
  /** How many calls one session may have in flight. */
  readonly maxCalls: number;
  /** Whether a failure carries the server's stack to the caller. */
  readonly sendStacks: boolean;
}

/** Serves the sessions of an object server by a dispatcher. */
export class SessionService {
  readonly #dispatcher: Dispatcher;
  readonly #limits: SessionLimits;
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
    const stream = new SessionStream(
      call,
      (write) =>
        new ServerSession({ ...this.#limits, dispatcher: this.#dispatcher, caller: { peer }, write }),
      {
        onBreach: (error) => {
          this.#dispatcher.log.warn('a client broke the protocol of its session', { peer, error });
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

  /** Ends every session, so that clients look for the object elsewhere. */
  endAll(): void {
    for (const stream of [...this.#streams]) {
      stream.end();
    }
  }
}
