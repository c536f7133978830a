import { versionsOf } from '@patchbay/objects';

import type { FlowWindow } from '../protocol/flow-window.js';
import type { Frame } from '../protocol/frame.js';
import { isRepeatable } from './call-request.js';
import type { CallRequest } from './client-call.js';

/** What a client says of itself when it opens a session. */
export interface ClientHello {
  readonly client: string;
  /** The largest frame that it accepts, in bytes. */
  readonly maxFrameBytes: number;
}

/** What the server of a session declares when the session opens. */
export class ServerHello {
  /** How many calls may be in flight. */
  readonly maxCalls: number;
  /** Whether the server keeps the time limits that methods declare. */
  readonly methodTimeouts: boolean;
  readonly #idempotent: ReadonlyMap<string, readonly string[]>;

  constructor({ maxCalls, methodTimeouts, idempotent }: Frame & { kind: 'hello' }) {
    this.maxCalls = maxCalls === 0 ? Infinity : maxCalls;
    this.methodTimeouts = methodTimeouts === true;
    this.#idempotent = new Map(idempotent.map(({ object, methods }) => [object, methods]));
  }

  /** Reports whether a call may run twice; false also where the server did not declare it. */
  mayRepeat(request: CallRequest): boolean {
    const { object, method } = request;
    const objects = this.#idempotent;
    const name = objects.has(object) ? object : (versionsOf(object, objects.keys())[0] ?? object);
    return isRepeatable(request) && objects.get(name)?.includes(method) === true;
  }
}

/** Returns the frame that opens a session. */
export function helloFrame(hello: ClientHello, { bytes, items }: FlowWindow): Frame {
  return {
    kind: 'hello',
    ...hello,
    maxCalls: 0,
    itemWindow: bytes,
    itemCountWindow: items,
    idempotent: [],
    keepsFunctions: true,
  };
}
