import { coreError, RpcError } from '@patchbay/objects';

import { sendFailure } from '../protocol/failure.js';
import { type Frame } from '../protocol/frame.js';
import { encodePayload } from '../protocol/payload.js';
import { type ArgumentExports } from './argument-exports.js';
import { type ClientCall } from './client-call.js';
import { type ObjectImports } from './object-imports.js';
import { OutgoingStream } from './outgoing-stream.js';

/** What the exports of a call need of its session. */
export interface CallExportsHost {
  /** @throws RpcError `MESSAGE_TOO_LARGE` */
  readonly send: (frame: Frame) => void;
  /** Makes objects of those that the server passes to a function. */
  readonly imports: ObjectImports;
}

/** What a call under way keeps at its caller: its streams, which are sent, and its functions, which are called. */
export class CallExports {
  readonly #call: ClientCall;
  readonly #exports: ArgumentExports;
  readonly #host: CallExportsHost;
  readonly #streams: readonly OutgoingStream[];

  /** @param windowBytes how much of a stream may go out before the server grants credit */
  constructor(call: ClientCall, exports: ArgumentExports, host: CallExportsHost, windowBytes: number) {
    this.#call = call;
    this.#exports = exports;
    this.#host = host;
    const { send } = host;
    this.#streams = exports.streams.map(
      (source, index) =>
        new OutgoingStream(source, { call: call.number, stream: index + 1, windowBytes, send }),
    );
  }

  /** Begins to send the streams. */
  start(): void {
    for (const stream of this.#streams) {
      stream.run().catch((error: unknown) => {
        this.#call.giveUp(streamFailure(this.#call, error));
      });
    }
  }

  /** Lets a stream go on. */
  grant(stream: number, bytes: number): void {
    this.#streams[stream - 1]?.grant(bytes);
  }

  /** Takes note that the server wants no more of a stream. */
  stop(stream: number): void {
    this.#streams[stream - 1]?.stop();
  }

  /** Calls a function for the server, and answers. */
  async callBack({ call: number, callback, input }: Frame & { kind: 'invoke' }): Promise<void> {
    const { send, imports } = this.#host;
    try {
      const args = 'values' in input ? imports.value(this.#call, input.values) : [];
      const run = this.#exports.callbacks[callback - 1];
      if (run === undefined || !Array.isArray(args)) {
        throw coreError('MESSAGE_MALFORMED', `${this.#call.title} has no function ${String(callback)}`);
      }
      const result = await run(...(args as unknown[]));
      send({ kind: 'result', call: number, value: encodePayload(result) });
    } catch (error) {
      sendFailure(send, number, callbackFailure(error));
    }
  }

  /** Ends the streams: the call is over. */
  close(): void {
    for (const stream of this.#streams) {
      stream.stop();
    }
  }
}

/** The caller's own program failed: the server gets to know what it says, not where. */
function callbackFailure(error: unknown): RpcError {
  return error instanceof RpcError
    ? error
    : coreError('CALLBACK_FAILED', `the caller's function failed: ${messageOf(error)}`, { cause: error });
}

function streamFailure(call: ClientCall, error: unknown): RpcError {
  return error instanceof RpcError
    ? error
    : coreError('STREAM_FAILED', `a stream passed to ${call.title} failed: ${messageOf(error)}`, {
        cause: error,
        callId: call.callId,
      });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
