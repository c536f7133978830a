import type { Socket } from 'node:net';

import { coreError } from '@patchbay/objects';
import type { Refusal } from '@patchbay/session/client';

import { type Dialled, reasonOf } from '../dialled.js';
import { errorName, frameFlags, frameHeaderBytes, frameTypes, makeFrame, uint32, uint31At } from './frame.js';
import { type ControlFrame, type FrameHandler, FrameReader } from './frame-reader.js';
import { decodeHeaders, encodeRequest } from './header-block.js';
import { SendQueue } from './send-queue.js';
import { readSettings, settingsPayload } from './settings.js';

export interface Http2StreamEvents {
  readonly onHeaders: (headers: ReadonlyMap<string, string>) => void;
  readonly onData: (data: Buffer) => void;
  /** Called when the server resets the stream. @param code an HTTP/2 error code */
  readonly onReset: (code: number) => void;
  /** Called when the stream or its connection has ended, possibly more than once. @param why one clause */
  readonly onEnd: (why: string, refusal?: Refusal) => void;
}

/** The only stream of a connection. */
const stream = 1;
/** How many bytes the server may send ahead; half of them read, it is granted more. */
const windowBytes = 4 * 1024 * 1024;
const standardWindow = 65_535;
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const codeOfCancel = 8;
const closeMs = 100;
/** How long the last data of a stream may take to be sent to a peer that does not read, in milliseconds. */
const sendMs = 2_000;
/** What a server says that takes TLS alone, as it closes a connection without. */
const tlsRequired = 'TLS_REQUIRED';
const tlsAdvice =
  'the server takes TLS alone here: call with an identity (rpcclient login), or by its socket file on its own machine';
/** How long the headers of a response may be, in bytes. */
const maxHeaderBytes = 64 * 1024;

/**
 * A bidirectional stream on an HTTP/2 connection of its own. Not of node:http2, which takes longer to load than a whole
 * call from a cold start may take (docs/adr/0007), and costs more for each message.
 */
export class Http2Stream implements FrameHandler {
  /** How many bytes each message leaves free in front. */
  static readonly headroomBytes = frameHeaderBytes;

  readonly #socket: Socket;
  readonly #events: Http2StreamEvents;
  readonly #queue: SendQueue;
  readonly #reader = new FrameReader(this);
  #unacknowledged = 0;
  #headers: Buffer[] = [];
  #headerBytes = 0;

  /** Sends the request's headers over a connection. */
  constructor({ socket, authority, failure }: Dialled, path: string, events: Http2StreamEvents) {
    this.#events = events;
    this.#socket = socket;
    this.#queue = new SendQueue(this.#socket, stream);
    this.#socket.write(
      Buffer.concat([
        Buffer.from(preface, 'latin1'),
        makeFrame(frameTypes.settings, 0, 0, settingsPayload({ initialWindow: windowBytes })),
        makeFrame(frameTypes.windowUpdate, 0, 0, uint32(windowBytes - standardWindow)),
        makeFrame(frameTypes.headers, frameFlags.endHeaders, stream, encodeRequest(authority, path)),
      ]),
    );
    this.#socket.on('data', (data: Buffer) => {
      try {
        this.#reader.push(data);
      } catch (error) {
        events.onEnd((error as Error).message);
      }
    });
    this.#socket.on('error', (error: Error) => {
      const failed = failure(error);
      if ('why' in failed) {
        events.onEnd(failed.why, failed.refusal);
      } else {
        void failed
          .catch(() => ({ why: reasonOf(error), refusal: undefined }))
          .then(({ why, refusal }) => {
            events.onEnd(why, refusal);
          });
      }
    });
    this.#socket.on('close', (failed) => {
      if (!failed) {
        events.onEnd('the connection was closed');
      }
    });
  }

  /** Writes a message, whose first `headroomBytes` are free, and its tail if it has one. */
  write(message: Buffer, tail?: Uint8Array): void {
    this.#queue.send(message, tail);
  }

  /** How many bytes have arrived on the connection. */
  get receivedBytes(): number {
    return this.#socket.bytesRead;
  }

  /** Sends a ping, whose answer counts among the received bytes. */
  ping(): void {
    this.#socket.write(makeFrame(frameTypes.ping, 0, 0, Buffer.alloc(8)));
  }

  /** Ends the stream, and closes the connection when all is sent, or after 2 s; resolves then. */
  async end(): Promise<void> {
    if (!this.#socket.connecting && !this.#socket.destroyed && !this.#socket.writableEnded) {
      await new Promise<void>((resolve) => {
        const giveUp = setTimeout(resolve, sendMs).unref();
        const sent = (): void => {
          clearTimeout(giveUp);
          resolve();
        };
        this.#socket.once('close', sent);
        this.#queue.end(sent);
      });
    }
    this.close();
  }

  /** Cancels the stream and closes the connection; the peer has 100 ms to do likewise. */
  close(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      return;
    }
    this.#socket.cork();
    this.#socket.write(makeFrame(frameTypes.rstStream, 0, stream, uint32(codeOfCancel)));
    this.#socket.write(makeFrame(frameTypes.goAway, 0, 0, Buffer.alloc(8)));
    this.#socket.uncork();
    this.#socket.end();
    setTimeout(() => {
      this.#socket.destroy();
    }, closeMs).unref();
  }

  /** Takes data, and grants the server more once half of its window has arrived. */
  onData(data: Buffer): void {
    this.#unacknowledged += data.length;
    if (this.#unacknowledged >= windowBytes / 2) {
      for (const each of [0, stream]) {
        this.#socket.write(makeFrame(frameTypes.windowUpdate, 0, each, uint32(this.#unacknowledged)));
      }
      this.#unacknowledged = 0;
    }
    this.#events.onData(data);
  }

  onLastData(): void {
    this.#events.onEnd('the server ended the stream');
  }

  onControl({ type, flags, stream: streamId, payload }: ControlFrame): void {
    switch (type) {
      case frameTypes.headers:
      case frameTypes.continuation:
        this.#takeHeaders(payload, flags);
        return;
      case frameTypes.settings:
        if ((flags & frameFlags.ack) === 0) {
          this.#queue.configure(readSettings(payload));
          this.#socket.write(makeFrame(frameTypes.settings, frameFlags.ack, 0, Buffer.alloc(0)));
        }
        return;
      case frameTypes.windowUpdate:
        this.#queue.grant(streamId, uint31At(payload, 0));
        return;
      case frameTypes.ping:
        if ((flags & frameFlags.ack) === 0) {
          this.#socket.write(makeFrame(frameTypes.ping, frameFlags.ack, 0, payload));
        }
        return;
      case frameTypes.rstStream:
        this.#events.onReset(uint31At(payload, 0));
        return;
      case frameTypes.goAway:
        // A server that shuts down gracefully finishes the stream first, unless it never started it.
        if (payload.includes(tlsRequired, 8)) {
          this.#events.onEnd(tlsAdvice, { code: 'UNAUTHENTICATED', reason: tlsRequired });
        } else if (uint31At(payload, 4) !== 0 || uint31At(payload, 0) < stream) {
          this.#events.onEnd(`the server closed the connection (${errorName(uint31At(payload, 4))})`);
        }
        return;
      case frameTypes.pushPromise:
        throw coreError('MESSAGE_MALFORMED', 'the server sent a push promise, which was disabled');
      default:
      // Frames of other types may be ignored, and those of unknown types must be.
    }
  }

  #takeHeaders(part: Buffer, flags: number): void {
    this.#headers.push(part);
    this.#headerBytes += part.length;
    if (this.#headerBytes > maxHeaderBytes) {
      throw coreError('MESSAGE_TOO_LARGE', 'the server sent headers without end');
    }
    if ((flags & frameFlags.endHeaders) !== 0) {
      const block = Buffer.concat(this.#headers);
      this.#headers = [];
      this.#headerBytes = 0;
      this.#events.onHeaders(decodeHeaders(block));
    }
  }
}
