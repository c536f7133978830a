import { ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { ServerHttp2Session } from 'node:http2';

import { type Caller, coreError } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';
import type { SessionLimits } from '@patchbay/session/server';

import { toGrpcStatus } from '../status.js';
import { anonymousLimits } from './anonymous-connections.js';
import type { InputBounds } from './input-bounds.js';
import type { KeyAccess } from './key-access.js';
import { http2StreamOf, SessionStream } from './session-stream.js';

/** How much a client may send ahead on its connection, in bytes: as much as one stream of a call may be ahead. */
export const receiveWindowBytes = 1024 * 1024;

/** Serves the sessions of an object server through a dispatcher. */
export class SessionService {
  readonly #dispatcher: Dispatcher;
  #limits: SessionLimits;
  readonly #streams = new Set<SessionStream>();
  readonly #bounds: InputBounds;
  readonly #keys: KeyAccess | undefined;

  constructor(
    dispatcher: Dispatcher,
    limits: SessionLimits,
    { bounds, keys }: { readonly bounds: InputBounds; readonly keys: KeyAccess | undefined },
  ) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
    this.#bounds = bounds;
    this.#keys = keys;
  }

  /** Takes over the stream of a session. */
  serve(call: ServerInterceptingCallInterface, caller: Caller): ServerInterceptingCall {
    if (this.#streams.size >= this.#limits.maxSessions) {
      return this.#refuse(call, caller);
    }
    const isKnown = caller.principal !== 'anonymous' || caller.roles.length > 0;
    if (isKnown) {
      widenReceiveWindow(call);
    }
    const limits = isKnown ? this.#limits : anonymousLimits(this.#limits);
    const verifier = this.#keys?.verifier({
      connection: http2StreamOf(call).session as ServerHttp2Session | undefined,
      peer: caller.peer,
      limits: this.#limits,
      onProven: () => {
        widenReceiveWindow(call);
      },
      end: () => {
        stream.end();
      },
    });
    const stream = new SessionStream(call, {
      ...{ caller, dispatcher: this.#dispatcher, limits, verifier },
      gate: this.#bounds.gate,
      onEnd: () => {
        this.#streams.delete(stream);
        this.#bounds.delete(stream);
        verifier?.release();
      },
    });
    this.#streams.add(stream);
    this.#bounds.add(stream);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(stream.listener());
      },
    });
  }

  /** Bounds the sessions that are opened from now on; open ones keep their limits. */
  limitTo(limits: SessionLimits): void {
    this.#limits = limits;
  }

  /** Ends every session, so that clients look for their objects elsewhere. */
  endAll(): void {
    for (const stream of [...this.#streams]) {
      stream.end();
    }
  }

  #refuse(call: ServerInterceptingCallInterface, { peer }: Caller): ServerInterceptingCall {
    const { maxSessions } = this.#limits;
    const fields = { peer, maxSessions };
    this.#dispatcher.log.warn('refused a session: the limit of open sessions is reached', fields);
    const error = coreError(
      'SESSIONS_EXHAUSTED',
      `${String(maxSessions)} sessions are open on this server already, the most that it allows`,
      { details: { limit: 'sessions', maxSessions } },
    );
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
}

/**
 * Widens HTTP/2's receive window of 64 KiB, with which a large upload waits for an answer after each piece. grpc-js has
 * an option for this only in its clients.
 */
export function widenReceiveWindow(call: ServerInterceptingCallInterface): void {
  const connection = http2StreamOf(call).session;
  if (
    connection?.destroyed === false &&
    (connection.state.effectiveLocalWindowSize ?? 0) < receiveWindowBytes
  ) {
    connection.settings({ initialWindowSize: receiveWindowBytes });
    connection.setLocalWindowSize(receiveWindowBytes);
  }
}
