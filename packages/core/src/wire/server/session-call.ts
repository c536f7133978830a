import { coreError } from '../../errors/core-errors.js';
import { type RpcError } from '../../errors/rpc-error.js';
import { type Caller } from '../../object/context.js';
import { type CallSink, type Invocation, type RunningCall } from '../../object/running-call.js';
import { type Frame } from '../session/frame.js';
import { decodePayload, encodePayload, payloadBytes } from '../session/payload.js';

/** What a call needs of its session. */
export interface SessionCallHost {
  readonly caller: Caller;
  callIdOf(number: number): string;
  /** Sends a frame. @throws RpcError `MESSAGE_TOO_LARGE` */
  send(frame: Frame): void;
  /** Takes note that a call has ended, and tells the client of its failure if it failed. */
  end(number: number, failure: RpcError | undefined): void;
}

/** One call of a session: what was asked, and the way back; its items go no faster than the client grants. */
export class SessionCall implements CallSink, Invocation {
  running: RunningCall | undefined;
  readonly object: string;
  readonly method: string;
  readonly input: Invocation['input'];
  readonly timeoutMs: number | undefined;
  readonly #number: number;
  readonly #host: SessionCallHost;
  #window: number;
  #resume: (() => void) | undefined;

  /** @throws RpcError `MESSAGE_MALFORMED` */
  constructor(frame: Frame & { kind: 'invoke' }, host: SessionCallHost, window: number) {
    this.object = frame.object;
    this.method = frame.method;
    this.input =
      'words' in frame.input
        ? { words: frame.input.words }
        : { values: argumentsOf(decodePayload(frame.input.values)) };
    this.timeoutMs = frame.timeoutMs === 0 ? undefined : frame.timeoutMs;
    this.#number = frame.call;
    this.#host = host;
    this.#window = window;
  }

  get caller(): Caller {
    return this.#host.caller;
  }

  get callId(): string {
    return this.#host.callIdOf(this.#number);
  }

  grant(bytes: number): void {
    this.#window += bytes;
    if (this.#window > 0) {
      this.#wake();
    }
  }

  item(value: unknown): Promise<void> | undefined {
    const payload = encodePayload(value);
    this.#host.send({ kind: 'item', call: this.#number, value: payload });
    this.#window -= payloadBytes(payload);
    if (this.#window > 0) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  result(value: unknown): void {
    try {
      this.#host.send({ kind: 'result', call: this.#number, value: encodePayload(value) });
      this.#end(undefined);
    } catch (error) {
      this.#end(error as RpcError); // too large for the client
    }
  }

  failure(error: RpcError): void {
    this.#end(error);
  }

  #end(failure: RpcError | undefined): void {
    this.#host.end(this.#number, failure);
    this.#wake();
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

function argumentsOf(value: unknown): readonly unknown[] {
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw coreError('MESSAGE_MALFORMED', 'the arguments of a call are an array');
  }
  return value;
}
