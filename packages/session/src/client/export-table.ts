import type { RpcError } from '@patchbay/objects';

import type { FlowWindow } from '../protocol/flow-window.js';
import type { Frame } from '../protocol/frame.js';
import { CallExports, type CallExportsHost } from './call-exports.js';
import type { ClientCall } from './client-call.js';

/** The calls of a session that have streams or callbacks among their arguments: those in flight, and those that a server keeps. */
export class ExportTable {
  /** How much of a stream the server takes before it grants credit; from its hello. */
  window: FlowWindow = { bytes: 0, items: Infinity };
  readonly #host: CallExportsHost;
  readonly #calls = new Map<number, CallExports>();

  constructor(host: CallExportsHost) {
    this.#host = host;
  }

  /** How many there are. */
  get size(): number {
    return this.#calls.size;
  }

  /** Opens the streams of a call that is about to be sent. @throws RpcError `ARGUMENT_INVALID` for one that cannot be read */
  add(call: ClientCall): void {
    const { exports } = call.request;
    if (exports !== undefined) {
      this.#calls.set(call.number, new CallExports(call, exports, this.#host, this.window));
    }
  }

  /** Starts to send the streams of a call that was sent. */
  start(call: number): void {
    if (this.#calls.size > 0) {
      this.#calls.get(call)?.start();
    }
  }

  /** Takes a frame about a call's streams or callbacks; one that is late for its call is dropped. */
  take(frame: Frame & { kind: 'credit' | 'end' | 'invoke' | 'subscription' }): void {
    switch (frame.kind) {
      case 'credit':
        this.#calls.get(frame.call)?.grant(frame);
        return;
      case 'end':
        this.#calls.get(frame.call)?.stop(frame.stream);
        return;
      case 'invoke':
        void this.#calls.get(frame.ofCall)?.callBack(frame);
        return;
      case 'subscription':
        this.#subscription(frame);
    }
  }

  /** Ends the streams of a call, and, unless it `succeeds`, the functions that its method subscribed to. */
  delete(call: number, succeeds: boolean): void {
    const exports = this.#calls.size === 0 ? undefined : this.#calls.get(call);
    if (exports === undefined) {
      return;
    }
    exports.close();
    if (!succeeds) {
      exports.releaseAll();
    }
    if (!exports.keepsFunctions) {
      this.#calls.delete(call);
    }
  }

  /** Ends all with their session. */
  close(error: RpcError): void {
    for (const exports of this.#calls.values()) {
      exports.close();
      exports.drop(error);
    }
    this.#calls.clear();
  }

  #subscription({ call, callback, released }: Frame & { kind: 'subscription' }): void {
    const exports = this.#calls.get(call);
    if (!released && exports === undefined) {
      this.#host.send({ kind: 'subscription', call, callback, released: true }); // its caller has left
    } else if (!released) {
      exports?.keep(callback, () => {
        this.#calls.delete(call);
      });
    } else {
      exports?.release(callback);
    }
  }
}
