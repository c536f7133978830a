import type { Socket } from 'node:net';

import {
  frameFlags,
  frameHeaderBytes,
  frameTypes,
  makeFrame,
  standardFrameBytes,
  writeFrameHeader,
} from './frame.js';
import type { PeerSettings } from './settings.js';

const standardWindow = 65_535;
const nothing = Buffer.alloc(0);

/** Sends the data of a stream as fast as the peer's flow-control windows allow. */
export class SendQueue {
  readonly #socket: Socket;
  readonly #stream: number;
  readonly #waiting: Uint8Array[] = [];
  #onSent: (() => void) | undefined;
  #connectionWindow = standardWindow;
  #streamWindow = standardWindow;
  #initialWindow = standardWindow;
  #maxFrameBytes = standardFrameBytes;

  constructor(socket: Socket, stream: number) {
    this.#socket = socket;
    this.#stream = stream;
  }

  /** Sends a message, whose first nine bytes are free for the header of a frame, and its tail if it has one. */
  send(message: Buffer, tail?: Uint8Array): void {
    const length = message.length - frameHeaderBytes;
    if (tail === undefined && this.#waiting.length === 0 && length <= this.#available()) {
      this.#spend(length);
      writeFrameHeader(message, frameTypes.data, 0, this.#stream, length);
      this.#socket.write(message);
      return;
    }
    this.#waiting.push(message.subarray(frameHeaderBytes));
    if (tail !== undefined) {
      this.#waiting.push(tail);
    }
    this.#sendWaiting();
  }

  /** Ends the stream behind all that waits; calls back when that is written. */
  end(onSent: () => void): void {
    this.#onSent = onSent;
    this.#sendWaiting();
  }

  /** Adds to the window of the whole connection (0) or of the stream. */
  grant(stream: number, bytes: number): void {
    if (stream === 0) {
      this.#connectionWindow += bytes;
    } else if (stream === this.#stream) {
      this.#streamWindow += bytes;
    }
    this.#sendWaiting();
  }

  /** Applies the peer's settings: the initial window of a stream, and the length of a frame. */
  configure({
    initialWindow = this.#initialWindow,
    maxFrameBytes = this.#maxFrameBytes,
  }: PeerSettings): void {
    this.#streamWindow += initialWindow - this.#initialWindow;
    this.#initialWindow = initialWindow;
    this.#maxFrameBytes = maxFrameBytes;
    this.#sendWaiting();
  }

  #available(): number {
    return Math.min(this.#connectionWindow, this.#streamWindow, this.#maxFrameBytes);
  }

  #spend(bytes: number): void {
    this.#connectionWindow -= bytes;
    this.#streamWindow -= bytes;
  }

  #sendWaiting(): void {
    if (this.#waiting.length === 0 && this.#onSent === undefined) {
      return;
    }
    this.#socket.cork();
    for (let available = this.#available(); available > 0; available = this.#available()) {
      const first = this.#waiting[0];
      if (first === undefined) {
        break;
      }
      const length = Math.min(first.length, available);
      this.#spend(length);
      const header = Buffer.allocUnsafe(frameHeaderBytes);
      writeFrameHeader(header, frameTypes.data, 0, this.#stream, length);
      this.#socket.write(header);
      this.#socket.write(length === first.length ? first : first.subarray(0, length));
      if (length === first.length) {
        this.#waiting.shift();
      } else {
        this.#waiting[0] = first.subarray(length);
      }
    }
    if (this.#waiting.length === 0 && this.#onSent !== undefined) {
      const last = makeFrame(frameTypes.data, frameFlags.endStream, this.#stream, nothing);
      this.#socket.write(last, this.#onSent);
      this.#onSent = undefined;
    }
    this.#socket.uncork();
  }
}
