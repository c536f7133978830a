import { coreError, RpcError } from '@patchbay/objects';

import { encodePayload } from '../protocol/encode-payload.js';
import { sendFailure } from '../protocol/failure.js';
import type { FlowWindow } from '../protocol/flow-window.js';
import { messageOf } from '../protocol/json-copy.js';
import type { Frame } from '../protocol/frame.js';
import type { ClientCall } from './client-call.js';
import type { ExportedArguments } from './exported-arguments.js';
import type { ObjectImports } from './object-imports.js';
import { OutgoingStream } from './outgoing-stream.js';

export interface CallExportsHost {
  /** @throws RpcError `MESSAGE_TOO_LARGE` */
  readonly send: (frame: Frame) => void;
  /** Imports the objects that the server passes to a callback. */
  readonly imports: ObjectImports;
}

/** Serves what a call exports while it runs: sends its streams, and runs its callbacks. */
export class CallExports {
  readonly #call: ClientCall;
  readonly #exports: ExportedArguments;
  readonly #host: CallExportsHost;
  readonly #streams: OutgoingStream[] = [];
  /** The functions that the server keeps beyond the call. */
  readonly #kept = new Set<number>();
  #onReleased: (() => void) | undefined;
  #closed = false;

  /**
   * Opens the call's streams.
   *
   * @param window how much of a stream may be sent before the server grants credit
   * @throws RpcError `ARGUMENT_INVALID` for a stream that cannot be read, such as a locked one
   */
  constructor(call: ClientCall, exports: ExportedArguments, host: CallExportsHost, window: FlowWindow) {
    this.#call = call;
    this.#exports = exports;
    this.#host = host;
    exports.streams.forEach((source, index) => {
      this.#open(source, index + 1, window);
    });
  }

  start(): void {
    for (const stream of this.#streams) {
      stream.run().catch((error: unknown) => {
        if (!stream.stopped) {
          this.#call.giveUp(streamFailure(this.#call, error));
        }
      });
    }
  }

  grant({ stream, bytes, items }: Frame & { kind: 'credit' }): void {
    this.#streams[stream - 1]?.grant(bytes, items);
  }

  /** Stops a stream of which the server wants no more. */
  stop(stream: number): void {
    this.#streams[stream - 1]?.stop();
  }

  async callBack({ call: number, callback, input }: Frame & { kind: 'invoke' }): Promise<void> {
    const { send, imports } = this.#host;
    try {
      const args = 'values' in input ? imports.value(this.#call, input.values) : [];
      const run = this.#exports.callbacks[callback - 1];
      if (run === undefined || !Array.isArray(args)) {
        throw coreError('MESSAGE_MALFORMED', `${this.#call.title} has no function ${String(callback)}`);
      }
      const result = await run(...(args as unknown[]));
      send({ kind: 'result', call: number, value: encodePayload(result, "the function's result") });
    } catch (error) {
      sendFailure(send, number, callbackFailure(error));
    }
  }

  /** Ends the streams with their call; the functions that the server keeps stay. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) {
      stream.stop();
    }
  }

  get keepsFunctions(): boolean {
    return this.#kept.size > 0;
  }

  /** Keeps a function beyond the call. @param onReleased called when the call has ended, and keeps none any more */
  keep(callback: number, onReleased: () => void): void {
    this.#kept.add(callback);
    this.#onReleased = onReleased;
    this.#call.keeper = this;
  }

  /** Takes the server's release of a function. */
  release(callback: number): void {
    if (this.#kept.delete(callback) && this.#kept.size === 0) {
      this.drop(undefined);
    }
  }

  /** Releases the functions that the server keeps, as their caller asks. */
  releaseAll(): void {
    for (const callback of this.#kept) {
      this.#host.send({ kind: 'subscription', call: this.#call.number, callback, released: true });
    }
    this.drop(undefined);
  }

  /** Forgets the functions that the server kept. @param error why, if their session was lost */
  drop(error: RpcError | undefined): void {
    this.#kept.clear();
    this.#call.letGo(error);
    if (this.#closed) {
      this.#onReleased?.();
    }
  }

  #open(source: AsyncIterable<unknown>, stream: number, window: FlowWindow): void {
    const { number: call, title, callId } = this.#call;
    try {
      const { send } = this.#host;
      this.#streams.push(new OutgoingStream(source, { call, stream, window, send }));
    } catch (cause) {
      this.close();
      const message = `stream ${String(stream)} among the arguments of ${title} cannot be read: ${messageOf(cause)}`;
      throw coreError('ARGUMENT_INVALID', message, { cause, callId });
    }
  }
}

/** Makes the error of the caller's own function: the server receives its message, not its stack. */
function callbackFailure(cause: unknown): RpcError {
  return cause instanceof RpcError
    ? cause
    : coreError('CALLBACK_FAILED', `the caller's function failed: ${messageOf(cause)}`, { cause });
}

function streamFailure({ title, callId }: ClientCall, cause: unknown): RpcError {
  return cause instanceof RpcError
    ? cause
    : coreError('STREAM_FAILED', `a stream passed to ${title} failed: ${messageOf(cause)}`, {
        cause,
        callId,
      });
}
