import { localCaller } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { decodeFrames, encodeFrames, encodePayload, type Frame } from '../src/index.js';
import { ServerSession, sessionLimits } from '../src/server/index.js';

type FrameOf<Kind extends Frame['kind']> = Frame & { readonly kind: Kind };

/** Makes the hello of a client. @param more what differs from that of a client without limits of its own */
export function clientHello(more: Partial<FrameOf<'hello'>> = {}): FrameOf<'hello'> {
  return {
    kind: 'hello',
    client: 'c',
    maxCalls: 0,
    itemWindow: 1_000,
    itemCountWindow: 0,
    maxFrameBytes: 0,
    idempotent: [],
    ...more,
  };
}

/**
 * Makes the frame that calls a method of the object `sample`.
 *
 * @param args the positional arguments, or what is sent in their place
 * @param more what differs from a plain call
 */
export function invokeFrame(
  call: number,
  method: string,
  args: readonly unknown[] | FrameOf<'invoke'>['input'],
  more: Partial<FrameOf<'invoke'>> = {},
): FrameOf<'invoke'> {
  return {
    kind: 'invoke',
    call,
    object: 'sample',
    method,
    input: 'length' in args ? { values: encodePayload(args, 'arguments') } : args,
    timeoutMs: 0,
    correlationId: '',
    oneWay: false,
    target: 0,
    ofCall: 0,
    callback: 0,
    ...more,
  };
}

/** The server's end of a session, which takes frames that no client of ours would send. */
export class ServerEnd {
  readonly session: ServerSession;
  readonly #written: Buffer[] = [];

  constructor(dispatcher: Dispatcher) {
    this.session = new ServerSession({
      dispatcher,
      caller: localCaller('test'),
      limits: sessionLimits({}),
      output: {
        headroomBytes: 0,
        write: (message) => this.#written.push(message),
        unsentBytes: 0,
        attempt: (action) => {
          action();
        },
      },
    });
  }

  /** Has the session take frames, each in a message of its own. @throws RpcError that of the session */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) {
      this.session.receive(encodeFrames(frame));
    }
  }

  /** Returns the frames that it has sent. */
  answers(): Frame[] {
    return this.#written.flatMap((message) => decodeFrames(message));
  }
}
