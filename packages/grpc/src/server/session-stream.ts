import {
  type FullServerListener,
  type ServerInterceptingCallInterface,
  status,
  type StatusObject,
} from '@grpc/grpc-js';
import { constants, type ServerHttp2Stream } from 'node:http2';

import { type Clock, type RpcError, toRpcError } from '@patchbay/objects';
import { type ServerSession, type SessionOutput, StallWatch } from '@patchbay/session/server';

import { toGrpcStatus } from '../status.js';

/** What a session's stream reports. */
export interface SessionStreamEvents {
  /** Called when the client violated the protocol. */
  readonly onViolation: (error: RpcError) => void;
  /** Called when the client read none of its answers for too long, before its stream is cut off. */
  readonly onStall: () => void;
  /** Called once, when the stream has ended. */
  readonly onEnd: () => void;
}

/**
 * The gRPC stream under one session: takes the client's messages one at a time, and sends the session's. It is an
 * interceptor of grpc-js, without the object streams that grpc-js would make (docs/adr/0005).
 */
export class SessionStream implements SessionOutput {
  readonly #call: ServerInterceptingCallInterface;
  readonly #session: ServerSession;
  readonly #events: SessionStreamEvents;
  readonly #stallWatch: StallWatch;
  #writtenBytes = 0;
  #sentBytes = 0;
  #reading = false;
  #readAgain = false;
  /** Whether no message is requested until answers have been sent. */
  #waits = false;
  #ended = false;

  /** @param open makes the session, which writes to this stream */
  constructor(
    call: ServerInterceptingCallInterface,
    open: (output: SessionOutput) => ServerSession,
    options: SessionStreamEvents & { readonly clock: Clock; readonly stallMs: number },
  ) {
    this.#call = call;
    this.#events = options;
    this.#session = open(this);
    this.#stallWatch = new StallWatch({
      clock: options.clock,
      stallMs: options.stallMs,
      waiting: () => (this.#ended ? this.unsentBytes > 0 : this.#session.blocked),
      takenBytes: () => this.#sentBytes,
      onStall: () => {
        options.onStall();
        cutOff(call);
      },
    });
  }

  get unsentBytes(): number {
    return this.#writtenBytes - this.#sentBytes;
  }

  /** Returns the listener to what comes from the client. */
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
        this.#stallWatch.stop();
      },
    };
  }

  /** Ends the stream from this side, behind the answers that are ready. */
  end(): void {
    if (!this.#ended) {
      this.#session.flush();
      this.#endWith({ code: status.OK, details: '' });
    }
  }

  write(message: Buffer): void {
    const { length } = message;
    this.#writtenBytes += length;
    this.#call.sendMessage(message, () => {
      this.#sentBytes += length;
      if (this.#waits && !this.#ended) {
        this.#resume();
      }
    });
  }

  #receive(message: Buffer): void {
    this.#attempt(() => {
      this.#session.receive(message);
    });
  }

  /** Takes the frames that waited for the client to read its answers. */
  #resume(): void {
    this.#attempt(() => {
      this.#session.resume();
    });
  }

  /** Lets the session take frames, and requests the next message unless the client must read first. */
  #attempt(take: () => void): void {
    try {
      take();
    } catch (error) {
      const violation = toRpcError(error);
      this.#events.onViolation(violation);
      this.#endWith(toGrpcStatus(violation, undefined));
      return;
    }
    this.#waits = this.#session.blocked;
    if (this.#waits) {
      this.#stallWatch.begin();
    } else {
      this.#read();
    }
  }

  /** Requests the next message. One that has arrived comes at once, so this loops instead of recursing. */
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

  #endWith(last: Pick<StatusObject, 'code' | 'details'>): void {
    this.#close();
    this.#call.sendStatus(last);
    this.#stallWatch.begin(); // behind answers that nobody reads the status would wait forever
  }

  #close(): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#session.close();
      this.#events.onEnd();
    }
  }
}

/**
 * Cuts off a stream, and what waits in it, by the HTTP/2 error that gRPC maps to RESOURCE_EXHAUSTED. grpc-js has no
 * means for that: a status would queue up behind the unread answers.
 */
function cutOff(call: ServerInterceptingCallInterface): void {
  const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
  stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}
