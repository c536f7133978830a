import { connect, type Socket } from 'node:net';

import { coreError, parseAddress } from '@patchbay/objects';

import {
  errorName,
  frameFlags,
  frameHeaderBytes,
  frameTypes,
  makeFrame,
  number32,
  number32At,
} from './frame.js';
import { type ControlFrame, FrameReader } from './frame-reader.js';
import { decodeHeaders, encodeRequest } from './header-block.js';
import { SendQueue } from './send-queue.js';
import { readSettings, settingsPayload } from './settings.js';

/** What a stream tells. */
export interface Http2StreamEvents {
  /** Takes headers, and trailers. */
  readonly onHeaders: (headers: ReadonlyMap<string, string>) => void;
  readonly onData: (data: Buffer) => void;
  /** Told when the server resets the stream. @param code an error code of HTTP/2 */
  readonly onReset: (code: number) => void;
  /** Told when the stream or its connection is over. @param why one clause */
  readonly onEnd: (why: string) => void;
}

/** The one stream of a connection. */
const stream = 1;
/** How far the server may be ahead of us, in bytes, and when it is told that it may go on. */
const windowBytes = 4 * 1024 * 1024;
const standardWindow = 65_535;
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const codeOfCancel = 8;
const closeMs = 100;
/** How long a peer that does not read may keep the last words of a stream, in milliseconds. */
const sendMs = 2_000;
/** How long the headers of an answer may be. */
const maxHeaderBytes = 64 * 1024;

/**
 * One bidirectional stream on an HTTP/2 connection of its own, by hand: node:http2 takes longer to load than a whole
 * call from a cold start may take (docs/adr/0007), and costs more for each message.
 */
export class Http2Stream {
  /** How much room the data to write leave in front. */
  static readonly headroomBytes = frameHeaderBytes;

  readonly #socket: Socket;
  readonly #events: Http2StreamEvents;
  readonly #queue: SendQueue;
  readonly #reader = new FrameReader(this.#taker());
  #unacknowledged = 0;
  #headers: Buffer[] = [];
  #headerBytes = 0;
  #onPong: (() => void) | undefined;

  /** Dials, and sends the request's headers. @throws RpcError `CONFIG_INVALID` where the address is not `host:port` */
  constructor(address: string, path: string, events: Http2StreamEvents) {
    this.#events = events;
    const { host, port } = parseAddress(address);
    this.#socket = connect({ host, port, noDelay: true });
    this.#queue = new SendQueue(this.#socket, stream);
    this.#socket.write(
      Buffer.concat([
        Buffer.from(preface, 'latin1'),
        makeFrame(frameTypes.settings, 0, 0, settingsPayload({ initialWindow: windowBytes })),
        makeFrame(frameTypes.windowUpdate, 0, 0, number32(windowBytes - standardWindow)),
        makeFrame(frameTypes.headers, frameFlags.endHeaders, stream, encodeRequest(address, path)),
      ]),
    );
    this.#socket.on('data', (data: Buffer) => {
      this.#receive(data);
    });
    this.#socket.on('error', (error: Error) => {
      events.onEnd(reasonOf(error));
    });
    this.#socket.on('close', () => {
      events.onEnd('the connection was closed');
    });
  }

  /** Writes data, whose first `headroomBytes` are free. */
  write(message: Buffer, tail?: Uint8Array): void {
    this.#queue.send(message, tail);
  }

  /** Asks the peer for a sign of life. */
  ping(onPong: () => void): void {
    this.#onPong = onPong;
    this.#socket.write(makeFrame(frameTypes.ping, 0, 0, Buffer.alloc(8)));
  }

  /** Says that nothing more comes, and closes the connection once all is sent, or after 2 s; resolves then. */
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
    this.cut();
  }

  /** Closes the connection: the peer is told, and has 100 ms to do likewise. */
  cut(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      return;
    }
    this.#socket.cork();
    this.#socket.write(makeFrame(frameTypes.rstStream, 0, stream, number32(codeOfCancel)));
    this.#socket.write(makeFrame(frameTypes.goAway, 0, 0, Buffer.alloc(8)));
    this.#socket.uncork();
    this.#socket.end();
    setTimeout(() => {
      this.#socket.destroy();
    }, closeMs).unref();
  }

  #receive(data: Buffer): void {
    try {
      this.#reader.push(data);
    } catch (error) {
      this.#events.onEnd((error as Error).message);
    }
  }

  #taker(): ConstructorParameters<typeof FrameReader>[0] {
    return {
      onData: (data) => {
        this.#acknowledge(data.length);
        this.#events.onData(data);
      },
      onLastData: () => {
        this.#events.onEnd('the server ended the stream');
      },
      onControl: (frame) => {
        this.#takeControl(frame);
      },
    };
  }

  /** Lets the server go on once half of what it may send has come. */
  #acknowledge(bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged >= windowBytes / 2) {
      for (const each of [0, stream]) {
        this.#socket.write(makeFrame(frameTypes.windowUpdate, 0, each, number32(this.#unacknowledged)));
      }
      this.#unacknowledged = 0;
    }
  }

  #takeControl({ type, flags, stream: about, payload }: ControlFrame): void {
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
        this.#queue.grant(about, number32At(payload, 0));
        return;
      case frameTypes.ping:
        if ((flags & frameFlags.ack) === 0) {
          this.#socket.write(makeFrame(frameTypes.ping, frameFlags.ack, 0, payload));
        } else {
          this.#onPong?.();
        }
        return;
      case frameTypes.rstStream:
        this.#events.onReset(number32At(payload, 0));
        return;
      case frameTypes.goAway:
        this.#takeGoAway(number32At(payload, 0), number32At(payload, 4));
        return;
      case frameTypes.pushPromise:
        throw coreError('MESSAGE_MALFORMED', 'the server sent what it was told not to send');
      default:
      // Frames of other types may be ignored, and those of unknown types shall be.
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

  /** A server that goes away in order finishes the stream first, unless it never took it up. */
  #takeGoAway(lastStream: number, code: number): void {
    if (code !== 0 || lastStream < stream) {
      this.#events.onEnd(`the server closed the connection (${errorName(code)})`);
    }
  }
}

/** Says why a connection failed: a host with several addresses gives one error for each, in one without a message. */
function reasonOf(error: Error): string {
  const each = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  return each.map(({ message }) => message).join('; ');
}
