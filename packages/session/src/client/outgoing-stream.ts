import { encodePayload } from '../protocol/encode-payload.js';
import { type Frame, payloadBytes } from '../protocol/frame.js';

/** How large the pieces of bytes are, in bytes: small enough that other calls' frames find room between them. */
const pieceBytes = 64 * 1024;

export interface OutgoingStreamOptions {
  readonly call: number;
  /** Its number within the call. */
  readonly stream: number;
  /** How much may be sent before the other side grants credit, in bytes. */
  readonly windowBytes: number;
  /** @throws RpcError `MESSAGE_TOO_LARGE` */
  readonly send: (frame: Frame) => void;
}

/** Sends a stream among a call's arguments, no faster than the server reads it. */
export class OutgoingStream {
  readonly #source: AsyncIterator<unknown>;
  readonly #options: OutgoingStreamOptions;
  #windowBytes: number;
  #resume: (() => void) | undefined;
  #stopped = false;

  constructor(source: AsyncIterable<unknown>, options: OutgoingStreamOptions) {
    this.#source = source[Symbol.asyncIterator]();
    this.#options = options;
    this.#windowBytes = options.windowBytes;
  }

  /** Sends the stream to its end, or until it is stopped. @throws what the source throws */
  async run(): Promise<void> {
    const { call, stream, send } = this.#options;
    for (;;) {
      const step = await this.#source.next();
      if (this.#stopped) {
        return;
      }
      if (step.done === true) {
        this.#stopped = true;
        send({ kind: 'end', call, stream });
        return;
      }
      for (const piece of piecesOf(step.value)) {
        await this.#room();
        this.#send(piece);
      }
    }
  }

  grant(bytes: number): void {
    this.#windowBytes += bytes;
    this.#wake();
  }

  /** Stops sending, and lets the source clean up. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#wake();
      // Nobody needs what it throws: its call has ended, or does not want the rest.
      this.#source.return?.().then(undefined, () => undefined);
    }
  }

  async #room(): Promise<void> {
    while (this.#windowBytes <= 0 && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
  }

  #send(item: unknown): void {
    if (!this.#stopped) {
      const { call, stream, send } = this.#options;
      const value = encodePayload(item, "a stream's item");
      send({ kind: 'item', call, value, stream });
      this.#windowBytes -= payloadBytes(value);
    }
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

function piecesOf(item: unknown): readonly unknown[] {
  if (!(item instanceof Uint8Array) || item.length <= pieceBytes) {
    return [item];
  }
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < item.length; from += pieceBytes) {
    pieces.push(item.subarray(from, from + pieceBytes));
  }
  return pieces;
}
