import type { Code } from '@patchbay/objects';
import { MessageReader } from '@patchbay/session';
import type { MessageStream, MessageStreamEvents, Refusal } from '@patchbay/session/client';

import { channelBindingOf } from '../channel-binding.js';
import type { Dialled } from './dialled.js';
import { enhanceYourCalm, errorName } from './http2/frame.js';
import { Http2Stream, type Http2StreamEvents } from './http2/http2-stream.js';
import { MessageSplitter, prefixBytes, writePrefix } from '../message-splitter.js';

/** gRPC's status numbers with which a server refuses a session. */
const refusing: Readonly<Record<string, Code>> = { 8: 'RESOURCE_EXHAUSTED', 16: 'UNAUTHENTICATED' };

/**
 * A bidirectional gRPC stream on a connection of its own. The general client of grpc-js costs a quarter of a whole call
 * (docs/adr/0005), and a session needs nothing that it does for that.
 */
export class GrpcStream implements MessageStream, Http2StreamEvents {
  readonly headroomBytes = Http2Stream.headroomBytes + prefixBytes;
  readonly #socket: Dialled['socket'];
  readonly #stream: Http2Stream;
  readonly #events: MessageStreamEvents;
  readonly #splitter = new MessageSplitter();
  #responded = false;
  #ended = false;

  /**
   * Opens a stream. It is made before the connection is there; `onEnd` reports a failure to connect.
   *
   * @param path `/package.Service/Method`
   */
  constructor(dialled: Dialled, path: string, events: MessageStreamEvents) {
    this.#events = events;
    this.#socket = dialled.socket;
    this.#stream = new Http2Stream(dialled, path, this);
  }

  get receivedBytes(): number {
    return this.#stream.receivedBytes;
  }

  ping(): void {
    this.#stream.ping();
  }

  channelBinding(): Uint8Array | undefined {
    return channelBindingOf(this.#socket);
  }

  /** Writes a message, whose first `headroomBytes` are free for the prefixes. */
  write(message: Buffer, tail?: Uint8Array): void {
    if (!this.#ended) {
      writePrefix(message, Http2Stream.headroomBytes, tail?.length);
      this.#stream.write(message, tail);
    }
  }

  /** Ends the stream, and closes the connection when that is sent, or after 2 s; resolves then. */
  async end(): Promise<void> {
    this.#reportEnd('it was closed');
    await this.#stream.end();
  }

  onHeaders(headers: ReadonlyMap<string, string>): void {
    this.#responded = true;
    const status = headers.get(':status');
    if (status !== undefined && status !== '200') {
      this.onEnd(`it answered with HTTP status ${status}`);
      return;
    }
    const grpcStatus = headers.get('grpc-status');
    if (grpcStatus === '0') {
      this.onEnd('the server ended the stream');
    } else if (grpcStatus !== undefined) {
      const message = headers.get('grpc-message');
      this.onEnd(
        message === undefined ? `status ${grpcStatus}` : decoded(message),
        refusal(refusing[grpcStatus], statusReason(headers.get('grpc-status-details-bin'))),
      );
    }
  }

  onReset(code: number): void {
    if (this.#responded && code === enhanceYourCalm) {
      this.onEnd('its answers were not read for too long', refusal('RESOURCE_EXHAUSTED', 'READER_STALLED'));
    } else {
      this.onEnd(`the server, or a proxy in between, reset the stream (${errorName(code)})`);
    }
  }

  onData(data: Buffer): void {
    if (this.#ended) {
      return;
    }
    try {
      this.#splitter.push(data, this.#events.onMessage);
    } catch (error) {
      this.onEnd((error as Error).message);
    }
  }

  onEnd(why: string, refused?: Refusal): void {
    this.#reportEnd(why, refused);
    this.#stream.close();
  }

  #reportEnd(why: string, refused?: Refusal): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#events.onEnd(why, refused);
    }
  }
}

function refusal(code: Code | undefined, reason: string | undefined): Refusal | undefined {
  return code === undefined || reason === undefined ? undefined : { code, reason };
}

function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message; // not encoded after all
  }
}

/** Returns the reason of the google.rpc.ErrorInfo in a `grpc-status-details-bin` trailer; undefined without one. */
function statusReason(trailer: string | undefined): string | undefined {
  if (trailer === undefined) {
    return undefined;
  }
  try {
    // Status.details (3) holds an Any, whose value (2) is the ErrorInfo, whose reason is 1.
    return stringAt(new MessageReader(Buffer.from(trailer, 'base64')), [3, 2, 1]);
  } catch {
    return undefined; // damaged or foreign: the status itself still says what happened
  }
}

function stringAt(reader: MessageReader, [field, ...path]: readonly number[]): string | undefined {
  for (let each = reader.next(); each !== 0; each = reader.next()) {
    if (each === field) {
      if (path.length === 0) {
        return reader.text();
      }
      reader.enter();
      return stringAt(reader, path);
    }
    reader.skip();
  }
  return undefined;
}
