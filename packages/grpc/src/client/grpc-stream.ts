import { type MessageStream } from '@patchbay/session';
import { type MessageStreamEvents } from '@patchbay/session/client';

import { statusReason } from './status-reason.js';
import { codeOfCalm, errorName } from './http2/frame.js';
import { Http2Stream } from './http2/http2-stream.js';
import { headerBytes, MessageSplitter, writePrefix } from './message-splitter.js';

/** gRPC's number of RESOURCE_EXHAUSTED. */
const exhausted = 8;
const keepAliveMs = 10_000;
const keepAliveTimeoutMs = 5_000;

/**
 * One bidirectional gRPC stream on a connection of its own: the general client of grpc-js costs a quarter of a whole
 * call (docs/adr/0005), and a session needs nothing of what it does for that.
 */
export class GrpcStream implements MessageStream {
  readonly headroomBytes = Http2Stream.headroomBytes + headerBytes;
  readonly #stream: Http2Stream;
  readonly #events: MessageStreamEvents;
  readonly #splitter = new MessageSplitter();
  readonly #keepAlive: NodeJS.Timeout;
  #responded = false;
  #ended = false;

  /**
   * Dials at once; that it could not is told by `onEnd`.
   *
   * @param address `host:port`; throws an RpcError where it is not that
   * @param path `/package.Service/Method`
   */
  constructor(address: string, path: string, events: MessageStreamEvents) {
    this.#events = events;
    this.#stream = new Http2Stream(address, path, {
      onHeaders: (headers) => {
        this.#takeHeaders(headers);
      },
      onData: (data) => {
        this.#takeData(data);
      },
      onReset: (code) => {
        this.#takeReset(code);
      },
      onEnd: (why) => {
        this.#end(why);
      },
    });
    this.#keepAlive = setInterval(() => {
      this.#ping();
    }, keepAliveMs).unref();
  }

  /** Writes a message, whose first `headroomBytes` are free for the prefixes. */
  write(message: Buffer, tail?: Uint8Array): void {
    if (!this.#ended) {
      writePrefix(message, Http2Stream.headroomBytes, tail?.length);
      this.#stream.write(message, tail);
    }
  }

  /** Says that nothing more comes, and cuts the connection once that is sent, or after a while; resolves then. */
  async end(): Promise<void> {
    this.#tellEnd('it was closed');
    await this.#stream.end();
  }

  #takeHeaders(headers: ReadonlyMap<string, string>): void {
    this.#responded = true;
    const status = headers.get(':status');
    if (status !== undefined && status !== '200') {
      this.#end(`it answered with HTTP status ${status}`);
      return;
    }
    const grpcStatus = headers.get('grpc-status');
    if (grpcStatus === '0') {
      this.#end('the server ended the stream');
    } else if (grpcStatus !== undefined) {
      const message = headers.get('grpc-message');
      this.#end(
        message === undefined ? `status ${grpcStatus}` : decoded(message),
        Number(grpcStatus) === exhausted ? statusReason(headers.get('grpc-status-details-bin')) : undefined,
      );
    }
  }

  #takeReset(code: number): void {
    if (this.#responded && code === codeOfCalm) {
      this.#end('its answers were not read for too long', 'READER_STALLED');
    } else {
      this.#end(`the server ended the stream (${errorName(code)})`);
    }
  }

  #takeData(data: Buffer): void {
    if (this.#ended) {
      return;
    }
    try {
      this.#splitter.push(data, this.#events.onMessage);
    } catch (error) {
      this.#end((error as Error).message);
    }
  }

  /** Finds out whether the peer is still there: a stopped process keeps its connections open. */
  #ping(): void {
    const giveUp = setTimeout(() => {
      this.#end('the server does not answer');
    }, keepAliveTimeoutMs).unref();
    this.#stream.ping(() => {
      clearTimeout(giveUp);
    });
  }

  #end(why: string, exhaustedReason?: string): void {
    this.#tellEnd(why, exhaustedReason);
    this.#stream.cut();
  }

  #tellEnd(why: string, exhaustedReason?: string): void {
    if (!this.#ended) {
      this.#ended = true;
      clearInterval(this.#keepAlive);
      this.#events.onEnd(why, exhaustedReason);
    }
  }
}

/** Undoes the percent-encoding of a grpc-message. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message; // not encoded after all: better as it is than not at all
  }
}
