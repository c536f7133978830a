import { type Caller, localCaller, toRpcError } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import type { Destination } from '../client/destination.js';
import type { MessageStream, MessageStreamEvents, Refusal, Transport } from '../client/transport.js';
import { FrameGate } from '../server/frame-gate.js';
import { ServerSession } from '../server/server-session.js';
import { type GivenLimits, type SessionLimits, sessionLimits } from '../server/session-limits.js';
import { Pipe } from './pipe.js';

const peer = 'in-memory';

/** Options of the server's side. */
export interface MemoryTransportOptions extends GivenLimits {
  /** Who calls. Default: `local`, who may do everything. */
  readonly caller?: Caller;
}

/** Connects clients to objects in the same process: the same sessions, codec and dispatch as over gRPC, without a port. */
export class MemoryTransport implements Transport, Disposable {
  readonly #dispatcher: Dispatcher;
  readonly #limits: SessionLimits;
  readonly #caller: Caller;
  readonly #gate: FrameGate;
  /** Ends each session from the server's side. */
  readonly #sessions = new Set<() => void>();
  #closed = false;

  constructor(
    dispatcher: Dispatcher,
    { caller = localCaller(peer), ...limits }: MemoryTransportOptions = {},
  ) {
    this.#dispatcher = dispatcher;
    this.#caller = caller;
    this.#limits = sessionLimits(limits);
    this.#gate = new FrameGate(this.#limits.maxBufferedBytes);
  }

  dial(_to: Destination, events: MessageStreamEvents): MessageStream {
    const { maxSessions } = this.#limits;
    let over = this.#closed ? 'the server is closed' : undefined;
    let refusal: Refusal | undefined;
    if (over === undefined && this.#sessions.size >= maxSessions) {
      over = `${String(maxSessions)} sessions are open on this server already, the most that it allows`;
      refusal = { code: 'RESOURCE_EXHAUSTED', reason: 'SESSIONS_EXHAUSTED' };
    }
    const toClient: Pipe = new Pipe({
      take: events.onMessage,
      ready: () => true,
      onEnd: () => {
        events.onEnd(over ?? 'the server ended the stream', refusal);
      },
      onDelivered: () => {
        attempt(() => {
          session.resume();
        });
        toServer.resume();
      },
    });
    const session = new ServerSession({
      dispatcher: this.#dispatcher,
      caller: this.#caller,
      limits: this.#limits,
      gate: this.#gate,
      output: {
        headroomBytes: 0,
        write: (message) => {
          toClient.write(message);
        },
        get unsentBytes() {
          return toClient.bytes;
        },
        attempt: (action) => {
          attempt(action);
          toServer.resume();
        },
      },
    });
    const close = (): void => {
      this.#sessions.delete(endSession);
      session.close();
      toServer.close();
      toClient.end();
    };
    const endSession = (): void => {
      session.flush();
      close();
    };
    const attempt = (take: () => void): void => {
      try {
        take();
      } catch (error) {
        const breach = toRpcError(error);
        this.#dispatcher.log.warn('a client violated the session protocol', { peer, error: breach });
        over = breach.message;
        close();
      }
    };
    const toServer = new Pipe({
      take: (message) => {
        attempt(() => {
          session.receive(message);
        });
      },
      ready: () => {
        attempt(() => {
          session.resume();
        });
        return !session.blocked;
      },
      onEnd: close,
    });
    if (over === undefined) {
      this.#sessions.add(endSession);
    } else {
      close();
    }
    return {
      headroomBytes: 0,
      write: (message, tail) => {
        toServer.write(message, tail);
      },
      end: () => {
        toServer.end();
      },
    };
  }

  /** Ends every session and accepts no more. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#sessions]) {
      end();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
