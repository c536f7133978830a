import { coreError, type RpcError } from '@patchbay/objects';

import { type Frame, type Handle, type Payload } from '../protocol/frame.js';
import { IncomingStream } from '../protocol/incoming-stream.js';
import { malformed } from '../protocol/message-reader.js';
import { decodePayload, encodePayload, type Exporter, payloadBytes } from '../protocol/payload.js';
import { type CallbackCalls } from './callback-calls.js';

/** How much of a stream among a call's arguments may be here unread, in bytes. */
export const streamWindowBytes = 1024 * 1024;

/** What a call's imports need of its session. */
export interface CallImportsHost {
  send(frame: Frame): void;
  readonly callbackCalls: CallbackCalls;
}

/** What a call has of its caller's: streams that arrive while it runs, and functions that it may call. */
export class CallImports {
  readonly #call: number;
  readonly #host: CallImportsHost;
  readonly #exporter: Exporter;
  readonly #streams = new Map<number, IncomingStream>();
  #ended: RpcError | undefined;

  /** @param exporter hands out the objects that the server passes to functions */
  constructor(call: number, host: CallImportsHost, exporter: Exporter) {
    this.#call = call;
    this.#exporter = exporter;
    this.#host = host;
  }

  /** Makes the stream that a handle stands for. @throws RpcError `MESSAGE_MALFORMED` */
  stream({ number }: Handle): AsyncIterable<unknown> {
    if (this.#streams.has(number)) {
      throw malformed(`stream ${String(number)} stands at two places`);
    }
    const end: Frame = { kind: 'end', call: this.#call, stream: number };
    const stream = new IncomingStream(streamWindowBytes, {
      onCredit: (bytes) => {
        this.#host.send({ kind: 'credit', call: this.#call, bytes, stream: number });
      },
      onLeave: () => {
        this.#host.send(end);
      },
    });
    this.#streams.set(number, stream);
    return stream;
  }

  /** Makes the function that a handle stands for. */
  callback({ number }: Handle): (...args: unknown[]) => Promise<unknown> {
    return async (...args) => {
      if (this.#ended !== undefined) {
        throw this.#ended;
      }
      return this.#host.callbackCalls.begin(this.#call, number, encodePayload(args, this.#exporter));
    };
  }

  /** Takes the next of a stream. @throws RpcError `MESSAGE_MALFORMED` */
  item(stream: number, value: Payload): void {
    this.#find(stream).push(decodePayload(value), payloadBytes(value));
  }

  /** Takes the end of a stream. @throws RpcError `MESSAGE_MALFORMED` */
  end(stream: number): void {
    this.#find(stream).end(undefined);
  }

  /** Ends all with the call. @param error what became of the call; undefined when it ended well */
  close(error: RpcError | undefined): void {
    this.#ended =
      error ??
      coreError('CALL_CANCELLED', 'the call has ended, and with it the streams and functions of its caller');
    for (const stream of this.#streams.values()) {
      stream.end(this.#ended);
    }
    this.#host.callbackCalls.end(this.#call, this.#ended);
  }

  #find(stream: number): IncomingStream {
    const found = this.#streams.get(stream);
    if (found === undefined) {
      throw malformed(`stream ${String(stream)}, which its call does not have`);
    }
    return found;
  }
}
