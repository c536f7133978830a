import { handled } from '@patchbay/objects';

import { encodePayload } from '../protocol/encode-payload.js';
import { type FlowWindow, SendWindow } from '../protocol/flow-window.js';
import { type Frame, payloadBytes } from '../protocol/frame.js';

/** How large the pieces of bytes are, in bytes: small enough that other calls' frames find room between them. */
const pieceBytes = 64 * 1024;

export interface OutgoingStreamOptions {
  readonly call: number;
  /** Its number within the call. */
  readonly stream: number;
  /** How much may be sent before the other side grants credit. */
  readonly window: FlowWindow;
  /** @throws RpcError `MESSAGE_TOO_LARGE` */
  readonly send: (frame: Frame) => void;
}

/** Sends a stream among a call's arguments, no faster than the server reads it. */
export class OutgoingStream {
  readonly #source: AsyncIterator<unknown>;
  readonly #options: OutgoingStreamOptions;
  readonly #window: SendWindow;
  #stopped = false;

  constructor(source: AsyncIterable<unknown>, options: OutgoingStreamOptions) {
    this.#source = source[Symbol.asyncIterator]();
    this.#options = options;
    this.#window = new SendWindow(options.window);
  }

  /** Whether nothing is sent any more: it has ended, or nobody wants the rest. */
  get stopped(): boolean {
    return this.#stopped;
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
        const room = this.#window.room();
        if (room !== undefined) {
          await room;
        }
        this.#send(piece);
      }
    }
  }

  grant(bytes: number, items: number): void {
    this.#window.grant(bytes, items);
  }

  /** Stops sending, and lets the source clean up. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#window.release();
      void handled(this.#leave());
    }
  }

  /** Lets the source clean up. Nobody needs what it throws: its call has ended, or does not want the rest. */
  async #leave(): Promise<void> {
    await this.#source.return?.();
  }

  #send(item: unknown): void {
    if (!this.#stopped) {
      const { call, stream, send } = this.#options;
      const value = encodePayload(item, "a stream's item");
      send({ kind: 'item', call, value, stream });
      this.#window.spend(payloadBytes(value));
    }
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
