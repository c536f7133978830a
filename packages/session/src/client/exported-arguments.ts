import { coreError, isStream } from '@patchbay/objects';

import type { Exporter } from '../protocol/encode-payload.js';
import type { Handle } from '../protocol/frame.js';
import { handleOf, type HandleSession } from './object-handle.js';

/** A function that a caller passed, for the server to call. */
export type Callback = (...args: unknown[]) => unknown;

/** Collects what cannot be copied of a call's arguments: streams, functions, and the server's own objects. */
export class ExportedArguments implements Exporter {
  readonly streams: AsyncIterable<unknown>[] = [];
  readonly callbacks: Callback[] = [];
  /** The session that the objects among the arguments belong to. */
  session: HandleSession | undefined;

  mustExport(value: object): boolean {
    return typeof value === 'function' || isStream(value) || handleOf(value) !== undefined;
  }

  exportValue(value: object): Handle {
    if (typeof value === 'function') {
      return { kind: 'callback', number: this.callbacks.push(value as Callback) };
    }
    const handle = handleOf(value);
    if (handle === undefined) {
      return this.addStream(value as AsyncIterable<unknown>);
    }
    if (this.session !== undefined && this.session !== handle.session) {
      throw coreError('REFERENCE_LOST', 'the objects among the arguments belong to different connections');
    }
    this.session = handle.session;
    return { kind: 'object', number: handle.number };
  }

  addStream(stream: AsyncIterable<unknown>): Handle {
    return { kind: 'stream', number: this.streams.push(stream) };
  }

  get empty(): boolean {
    return this.streams.length === 0 && this.callbacks.length === 0 && this.session === undefined;
  }
}
