import {
  type ServerInterceptingCallInterface,
  type ServerListener,
  status,
  type StatusObject,
} from '@grpc/grpc-js';
import { constants, type ServerHttp2Stream } from 'node:http2';

import { toRpcError } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';
import { ServerSession, type SessionLimits, type SessionOutput, StallWatch } from '@patchbay/session/server';

import { toGrpcStatus } from '../status.js';

/**
 * The gRPC stream under one session: takes the client's messages one at a time, and sends the session's. It is an
 * interceptor of grpc-js, without the object streams that grpc-js would make (docs/adr/0005).
 */
export class SessionStream implements SessionOutput {
  readonly #call: ServerInterceptingCallInterface;
  readonly #session: ServerSession;
  readonly #stallWatch: StallWatch;
  readonly #onEnd: () => void;
  #writtenBytes = 0;
  #sentBytes = 0;
  #reading = false;
  #readAgain = false;
  /** Whether no message is requested until answers have been sent. */
  #waits = false;
  #ended = false;

  /** @param onEnd called once, when the stream has ended */
  constructor(
    call: ServerInterceptingCallInterface,
    dispatcher: Dispatcher,
    limits: SessionLimits,
    onEnd: () => void,
  ) {
    const peer = call.getPeer();
    this.#call = call;
    this.#onEnd = onEnd;
    this.#session = new ServerSession({ dispatcher, caller: { peer }, limits, output: this });
    this.#stallWatch = new StallWatch({
      clock: dispatcher.clock,
      stallMs: limits.stallMs,
      waiting: () => (this.#ended ? this.unsentBytes > 0 : this.#session.blocked),
      takenBytes: () => this.#sentBytes,
      onStall: () => {
        dispatcher.log.warn('ended the session of a client that did not read its answers', {
          peer,
          unsentBytes: this.unsentBytes,
        });
        cutOff(call);
      },
    });
  }

  get unsentBytes(): number {
    return this.#writtenBytes - this.#sentBytes;
  }

  listener(): ServerListener {
    return {
      onReceiveMetadata: () => {
        this.#read();
      },
      onReceiveMessage: (message) => {
        this.#attempt(() => {
          this.#session.receive(message as Buffer);
        });
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
        this.#attempt(() => {
          this.#session.resume();
        });
      }
    });
  }

  /** Lets the session take frames, and requests the next message unless the client must read first. */
  #attempt(take: () => void): void {
    try {
      take();
    } catch (error) {
      const violation = toRpcError(error);
      const { dispatcher, caller } = this.#session;
      dispatcher.log.warn('a client violated the session protocol', { peer: caller.peer, error: violation });
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
      this.#onEnd();
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
