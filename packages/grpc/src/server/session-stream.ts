import {
  Metadata,
  type ServerInterceptingCallInterface,
  type ServerListener,
  status,
  type StatusObject,
} from '@grpc/grpc-js';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { unzipSync } from 'node:zlib';

import { type Caller, coreError, toRpcError } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';
import {
  type FrameGate,
  ServerSession,
  type SessionLimits,
  type SessionOutput,
  type SessionVerifier,
  StallWatch,
} from '@patchbay/session/server';

import { onBehalfOfIn } from '../call-metadata.js';
import { maxMessageBytes, MessageSplitter, prefixBytes, writePrefix } from '../message-splitter.js';
import { toGrpcStatus } from '../status.js';

/** What the stream of a session needs. */
export interface SessionStreamOptions {
  readonly caller: Caller;
  readonly dispatcher: Dispatcher;
  readonly limits: SessionLimits;
  /** Shared by the sessions of a server. */
  readonly gate: FrameGate;
  /** Lets the client prove who it is by an API key. */
  readonly verifier: SessionVerifier | undefined;
  /** Called once, when the stream has ended. */
  readonly onEnd: () => void;
}

/**
 * The gRPC stream under one session: takes the client's messages, and sends the session's. It is an interceptor of
 * grpc-js, which opens and ends the stream; the messages between are read from the HTTP/2 stream and written to it
 * directly, as what grpc-js does for each costs a third of a short call (docs/adr/0005).
 */
export class SessionStream implements SessionOutput {
  readonly headroomBytes = prefixBytes;
  readonly #call: ServerInterceptingCallInterface;
  readonly #stream: ServerHttp2Stream;
  readonly #session: ServerSession;
  readonly #splitter = new MessageSplitter({ decompress });
  readonly #take = (message: Buffer): void => {
    this.#session.receive(message);
  };
  readonly #stallWatch: StallWatch;
  readonly #onEnd: () => void;
  readonly #maxUnreadBytes: number;
  #writtenBytes = 0;
  #responded = false;
  #ended = false;

  constructor(call: ServerInterceptingCallInterface, options: SessionStreamOptions) {
    const { caller, dispatcher, limits, gate, verifier, onEnd } = options;
    this.#call = call;
    this.#stream = http2StreamOf(call);
    this.#onEnd = onEnd;
    this.#session = new ServerSession({ dispatcher, caller, limits, output: this, gate, verifier });
    this.#maxUnreadBytes = limits.maxUnreadBytes;
    this.#stallWatch = new StallWatch({
      clock: dispatcher.clock,
      stallMs: limits.stallMs,
      waiting: () => (this.#ended ? this.unsentBytes > 0 : this.#session.awaitsReader),
      takenBytes: () => this.#writtenBytes - this.unsentBytes,
      onStall: () => {
        dispatcher.log.warn('ended the session of a client that did not read its answers', {
          peer: caller.peer,
          unsentBytes: this.unsentBytes,
        });
        // A status would queue up behind the unread answers; gRPC maps this to RESOURCE_EXHAUSTED.
        this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      },
    });
  }

  get unsentBytes(): number {
    return this.#stream.writableLength;
  }

  listener(): ServerListener {
    return {
      onReceiveMetadata: (metadata) => {
        if (onBehalfOfIn(metadata) !== undefined) {
          this.attempt(() => {
            const message =
              'a session names on whose behalf a call is made with each call, not in its metadata';
            throw coreError('ARGUMENT_INVALID', message);
          });
          return;
        }
        this.#stream
          .removeAllListeners('data') // that of grpc-js
          .on('data', (data: Buffer) => {
            this.attempt(() => {
              this.#splitter.push(data, this.#take);
            });
          })
          .on('drain', () => {
            this.attempt(() => {
              this.#session.resume();
            });
          })
          .on('end', () => {
            this.end();
          })
          .resume();
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

  /** Writes a message, whose first `headroomBytes` are free for its prefix. */
  write(message: Buffer): void {
    if (!this.#responded) {
      this.#responded = true;
      this.#call.sendMetadata(new Metadata());
    }
    writePrefix(message, 0);
    this.#writtenBytes += message.length;
    this.#stream.write(message);
    if (this.unsentBytes > this.#maxUnreadBytes) {
      this.#stallWatch.begin();
    }
  }

  /** Checks that what has begun to arrive still does; ends the session otherwise. */
  checkProgress(): void {
    this.attempt(() => {
      if (!this.#session.blocked) {
        this.#splitter.checkProgress();
        this.#session.checkProgress();
      }
    });
  }

  /** Lets the session take frames, and reads on unless it waits for something first. */
  attempt(take: () => void): void {
    if (this.#ended) {
      return;
    }
    try {
      take();
    } catch (error) {
      const violation = toRpcError(error);
      const { dispatcher, caller } = this.#session;
      const { peer } = caller;
      if (violation.code === 'UNAUTHENTICATED') {
        dispatcher.log.warn('refused a session: its API key does not count', { peer });
      } else {
        dispatcher.log.warn('a client violated the session protocol', { peer, error: violation });
      }
      this.#endWith(toGrpcStatus(violation, undefined));
      return;
    }
    if (this.#session.blocked) {
      this.#stream.pause();
      this.#stallWatch.begin();
    } else if (this.#stream.isPaused()) {
      this.#stream.resume();
    }
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

/** Returns the HTTP/2 stream of a call, which grpc-js keeps in a private field; tests fail if that is renamed. */
export function http2StreamOf(call: ServerInterceptingCallInterface): ServerHttp2Stream {
  return (call as unknown as { readonly stream: ServerHttp2Stream }).stream;
}

/** Decompresses a message of a client that compresses: by gzip or deflate, as its first bytes tell. */
function decompress(message: Buffer): Buffer {
  try {
    return unzipSync(message, { maxOutputLength: maxMessageBytes });
  } catch (cause) {
    throw coreError('MESSAGE_MALFORMED', 'a compressed message could not be decompressed', { cause });
  }
}
