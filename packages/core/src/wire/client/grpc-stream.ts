import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';

import { headerBytes, MessageSplitter, writePrefix } from './message-splitter.js';

/** What a stream tells. `onEnd` comes once and last. */
export interface GrpcStreamEvents {
  readonly onMessage: (message: Buffer) => void;
  /** @param why one clause on why the stream is over, for the caller's error message */
  readonly onEnd: (why: string) => void;
}

const windowBytes = 4 * 1024 * 1024;
const keepAliveMs = 10_000;
const keepAliveTimeoutMs = 5_000;

/**
 * One bidirectional gRPC stream on a connection of its own, on node:http2 directly: the general client of grpc-js
 * costs a quarter of a whole call (docs/adr/0005), and a session needs nothing of what it does for that.
 */
export class GrpcStream {
  readonly headroomBytes = headerBytes;
  readonly #connection: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #events: GrpcStreamEvents;
  readonly #splitter = new MessageSplitter();
  readonly #keepAlive: NodeJS.Timeout;
  #ended = false;

  /**
   * Dials at once; that it could not is told by `onEnd`.
   *
   * @param address `host:port`; throws a TypeError where it is not that
   * @param path `/package.Service/Method`
   */
  constructor(address: string, path: string, events: GrpcStreamEvents) {
    this.#events = events;
    this.#connection = connect(`http://${address}`, {
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    this.#stream = this.#connection.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    this.#keepAlive = setInterval(() => {
      this.#ping();
    }, keepAliveMs).unref();
    this.#listen();
  }

  /** Writes a message, whose first `headroomBytes` are free for gRPC's prefix. */
  write(message: Buffer): void {
    if (!this.#ended) {
      writePrefix(message);
      this.#stream.write(message);
    }
  }

  /** Says that nothing more comes and cuts the connection once that is sent. */
  end(): void {
    this.#stream.end();
    this.#connection.close();
    this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#end('it was closed');
  }

  #listen(): void {
    this.#connection.on('connect', () => {
      this.#connection.setLocalWindowSize(windowBytes);
    });
    this.#connection.on('error', (error: Error) => {
      this.#end(reasonOf(error));
    });
    this.#connection.on('close', () => {
      this.#end('the connection was closed');
    });
    this.#stream.on('response', (headers) => {
      const status = headers[constants.HTTP2_HEADER_STATUS];
      if (Number(status) !== 200) {
        this.#end(`it answered with HTTP status ${String(status)}`);
      } else {
        this.#takeStatus(headers);
      }
    });
    this.#stream.on('trailers', (headers: IncomingHttpHeaders) => {
      this.#takeStatus(headers);
    });
    this.#stream.on('data', (data: Buffer) => {
      try {
        this.#splitter.push(data, this.#events.onMessage);
      } catch (error) {
        this.#end((error as Error).message);
      }
    });
    this.#stream.on('error', (error: Error) => {
      this.#end(reasonOf(error));
    });
    this.#stream.on('close', () => {
      this.#end('the server ended the stream');
    });
  }

  #takeStatus(headers: IncomingHttpHeaders): void {
    const status = headers['grpc-status'];
    if (typeof status === 'string') {
      const message = headers['grpc-message'];
      this.#end(
        status === '0'
          ? 'the server ended the stream'
          : typeof message === 'string'
            ? decoded(message)
            : `status ${status}`,
      );
    }
  }

  /** Finds out whether the peer is still there: a stopped process keeps its connections open. */
  #ping(): void {
    const giveUp = setTimeout(() => {
      this.#end('the server does not answer');
    }, keepAliveTimeoutMs).unref();
    const sent = this.#connection.ping(() => {
      clearTimeout(giveUp);
    });
    if (!sent) {
      clearTimeout(giveUp);
    }
  }

  #end(why: string): void {
    if (!this.#ended) {
      this.#ended = true;
      clearInterval(this.#keepAlive);
      this.#events.onEnd(why);
      this.#connection.close();
      setTimeout(() => {
        this.#connection.destroy();
      }, 100).unref();
    }
  }
}

/** Says why a connection failed: a host with several addresses gives one error for each, in one without a message. */
function reasonOf(error: Error): string {
  // Of a stream whose connection failed, the cause tells it without http2's words around it.
  const reason = error.cause instanceof Error ? error.cause : error;
  const each = reason instanceof AggregateError ? (reason.errors as Error[]) : [reason];
  return each.map(({ message }) => message).join('; ');
}

/** Undoes the percent-encoding of a grpc-message. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message; // not encoded after all: better as it is than not at all
  }
}
