import type { ServerWritableStream } from '@grpc/grpc-js';

import type { CallSink, RpcError } from '@patchbay/objects';

import { toGrpcStatus } from '../status.js';

/** Answers a call on a gRPC stream of its own; its items are sent no faster than the stream drains. */
export class StreamSink<Response> implements CallSink {
  readonly #stream: ServerWritableStream<unknown, Response>;
  readonly #callId: string;
  readonly #toItem: (value: unknown) => Response;
  readonly #toResult: (value: unknown) => Response | undefined;
  #resume: (() => void) | undefined;

  /** @param toResult returns the last message; undefined where the stream ends without one */
  constructor(
    stream: ServerWritableStream<unknown, Response>,
    callId: string,
    toItem: (value: unknown) => Response,
    toResult: (value: unknown) => Response | undefined,
  ) {
    this.#stream = stream;
    this.#callId = callId;
    this.#toItem = toItem;
    this.#toResult = toResult;
    stream.on('drain', () => {
      this.#wake();
    });
  }

  item(value: unknown): Promise<void> | undefined {
    if (this.#stream.write(this.#toItem(value))) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  result(value: unknown): void {
    const last = this.#toResult(value);
    if (last !== undefined) {
      this.#stream.write(last);
    }
    this.#stream.end();
  }

  failure(error: RpcError): void {
    this.#stream.emit('error', toGrpcStatus(error, this.#callId));
    this.#wake();
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}
