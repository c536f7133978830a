import { type FullServerListener, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';

import { type RpcError } from '../../errors/rpc-error.js';
import { toRpcError } from '../../errors/to-rpc-error.js';
import { toGrpcStatus } from '../status.js';
import { type ServerSession } from './server-session.js';

/** How many answers may wait to be sent until no more calls are read from a client that does not read them. */
const mostUnsent = 16;

/** What a session's stream tells. */
export interface SessionStreamEvents {
  /** Tells that the client broke the protocol. */
  readonly onBreach: (error: RpcError) => void;
  /** Tells, once, that the stream is over. */
  readonly onEnd: () => void;
}

/**
 * The gRPC stream under one session: takes the client's messages one at a time, and sends the session's. It stands
 * where grpc-js has them first, before the streams of objects that it would make of them (docs/adr/0005).
 */
export class SessionStream {
  readonly #call: ServerInterceptingCallInterface;
  readonly #session: ServerSession;
  readonly #events: SessionStreamEvents;
  #unsent = 0;
  #reading = false;
  #readAgain = false;
  #ended = false;

  /** @param open makes the session, which writes by the function that it is given */
  constructor(
    call: ServerInterceptingCallInterface,
    open: (write: (message: Buffer) => void) => ServerSession,
    events: SessionStreamEvents,
  ) {
    this.#call = call;
    this.#events = events;
    this.#session = open((message) => {
      this.#send(message);
    });
  }

  /** Hears what comes from the client. */
  listener(): Pick<
    FullServerListener,
    'onReceiveMetadata' | 'onReceiveMessage' | 'onReceiveHalfClose' | 'onCancel'
  > {
    return {
      onReceiveMetadata: () => {
        this.#read();
      },
      onReceiveMessage: (message) => {
        this.#receive(message as Buffer);
      },
      onReceiveHalfClose: () => {
        this.end();
      },
      onCancel: () => {
        this.#close();
      },
    };
  }

  /** Ends the stream from this side, behind the answers that are ready. */
  end(): void {
    if (!this.#ended) {
      this.#session.flush();
      this.#close();
      this.#call.sendStatus({ code: status.OK, details: '' });
    }
  }

  #receive(message: Buffer): void {
    try {
      this.#session.receive(message);
    } catch (error) {
      const breach = toRpcError(error);
      this.#events.onBreach(breach);
      this.#close();
      this.#call.sendStatus(toGrpcStatus(breach, undefined));
      return;
    }
    if (this.#unsent < mostUnsent) {
      this.#read();
    }
  }

  #send(message: Buffer): void {
    this.#unsent++;
    this.#call.sendMessage(message, () => {
      this.#unsent--;
      if (this.#unsent === mostUnsent - 1) {
        this.#read();
      }
    });
  }

  /** Asks for the next message. One that is here already comes at once, so this loops instead of nesting. */
  #read(): void {
    this.#readAgain = true;
    if (this.#reading) {
      return;
    }
    this.#reading = true;
    while (this.#readAgain && !this.#ended) {
      this.#readAgain = false;
      this.#call.startRead();
    }
    this.#reading = false;
  }

  #close(): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#session.close();
      this.#events.onEnd();
    }
  }
}
