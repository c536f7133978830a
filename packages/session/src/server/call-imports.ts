import { coreError, handled, type RpcError, subscribable } from '@patchbay/objects';

import { decodePayload, type ValueLimits } from '../protocol/decode-payload.js';
import { encodePayload, type Exporter, withoutAbsent } from '../protocol/encode-payload.js';
import { type Frame, type Handle, type Payload, payloadBytes } from '../protocol/frame.js';
import { malformed } from '../protocol/message-reader.js';
import type { CallbackCalls } from './callback-calls.js';
import { IncomingStream } from './incoming-stream.js';
import type { Subscriptions } from './subscriptions.js';

export interface CallImportsHost {
  /** Sends a frame. @throws RpcError `MESSAGE_TOO_LARGE` */
  readonly send: (frame: Frame) => void;
  readonly callbackCalls: CallbackCalls;
  readonly subscriptions: Subscriptions;
  readonly limits: ValueLimits;
}

/** What a call imports from its caller: streams that arrive while it runs, and functions that it may call. */
export class CallImports {
  readonly #call: number;
  readonly #host: CallImportsHost;
  readonly #exporter: Exporter;
  readonly #streams = new Map<number, IncomingStream>();
  #ended: RpcError | undefined;

  /** @param exporter exports the objects that the server passes to callbacks */
  constructor(call: number, host: CallImportsHost, exporter: Exporter) {
    this.#call = call;
    this.#exporter = exporter;
    this.#host = host;
  }

  /** Makes the stream of a handle. @throws RpcError `MESSAGE_MALFORMED` */
  stream({ number }: Handle): AsyncIterable<unknown> {
    if (this.#streams.has(number)) {
      throw malformed(`stream ${String(number)} occurs twice`);
    }
    const stream = new IncomingStream(this.#call, number, this.#host.send);
    this.#streams.set(number, stream);
    return stream;
  }

  callback({ number }: Handle): (...args: unknown[]) => Promise<unknown> {
    const callBack = async (args: readonly unknown[]): Promise<unknown> => {
      if (this.#ended !== undefined && !this.#host.subscriptions.has(this.#call, number)) {
        throw this.#ended;
      }
      const values = encodePayload(
        withoutAbsent(args),
        "the method's callback arguments",
        this.#exporter,
        'RESULT_INVALID',
      );
      return this.#host.callbackCalls.begin(this.#call, number, values);
    };
    const run = (...args: unknown[]): Promise<unknown> => handled(callBack(args));
    return subscribable(run, () => {
      if (this.#ended !== undefined) {
        throw this.#ended;
      }
      return this.#host.subscriptions.keep(this.#call, number);
    });
  }

  /** Takes the next item of a stream. @throws RpcError `MESSAGE_MALFORMED`, and what `decodePayload` throws */
  item(stream: number, value: Payload): void {
    this.#find(stream).push(decodePayload(value, undefined, this.#host.limits), payloadBytes(value));
  }

  /** Takes the end of a stream. @throws RpcError `MESSAGE_MALFORMED` */
  end(stream: number): void {
    this.#find(stream).end(undefined);
  }

  /** Ends the streams and callbacks with the call. @param error the call's; undefined when it succeeded */
  close(error: RpcError | undefined): void {
    this.#ended =
      error ??
      coreError('CALL_CANCELLED', 'the call has ended, and with it the streams and functions of its caller');
    for (const stream of this.#streams.values()) {
      stream.end(this.#ended);
    }
    const { subscriptions, callbackCalls } = this.#host;
    if (error !== undefined) {
      subscriptions.close(error, this.#call);
    }
    callbackCalls.end(this.#call, this.#ended, (callback) => !subscriptions.has(this.#call, callback));
  }

  #find(stream: number): IncomingStream {
    const found = this.#streams.get(stream);
    if (found === undefined) {
      throw malformed(`stream ${String(stream)}, which its call does not have`);
    }
    return found;
  }
}
