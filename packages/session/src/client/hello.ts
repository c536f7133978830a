import { versionsOf } from '@patchbay/objects';

import type { FlowWindow } from '../protocol/flow-window.js';
import { describing, type Frame, noAuth } from '../protocol/frame.js';
import { isRepeatable } from './call-request.js';
import type { CallRequest } from './client-call.js';
import type { SessionProver } from './session-prover.js';

/** What a client says of itself when it opens a session. */
export interface ClientHello {
  readonly client: string;
  /** The largest frame that it accepts, in bytes. */
  readonly maxFrameBytes: number;
  /** Proves who opens the session. Default: nobody in particular. */
  readonly prover?: SessionProver | undefined;
  /** Who it says that it is, for the log alone: at most 64 visible ASCII characters. */
  readonly claims?: string | undefined;
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
    if (method === describing) {
      return true;
    }
    const objects = this.#idempotent;
    const name = objects.has(object) ? object : (versionsOf(object, objects.keys())[0] ?? object);
    return isRepeatable(request) && objects.get(name)?.includes(method) === true;
  }
}

/** Returns the frame that opens a session. */
export function helloFrame(
  { client, maxFrameBytes, prover, claims = '' }: ClientHello,
  { bytes, items }: FlowWindow,
): Frame & { kind: 'hello' } {
  return {
    ...emptyHello,
    ...{ client, maxFrameBytes },
    itemWindow: bytes,
    itemCountWindow: items,
    keepsFunctions: true,
    ...(prover === undefined
      ? claims !== '' && { auth: { ...noAuth, claims } }
      : { auth: { ...noAuth, claims, key: prover.key, challenge: prover.challenge() } }),
  };
}

/** Returns the frame that proves who has opened a session. */
export function proofFrame(proof: Uint8Array): Frame {
  return { ...emptyHello, auth: { ...noAuth, proof } };
}

const emptyHello = {
  kind: 'hello',
  client: '',
  maxFrameBytes: 0,
  maxCalls: 0,
  itemWindow: 0,
  itemCountWindow: 0,
  idempotent: [],
} as const;
