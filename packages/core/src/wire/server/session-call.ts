import { coreError } from '../../errors/core-errors.js';
import { type RpcError } from '../../errors/rpc-error.js';
import { type Caller } from '../../object/context.js';
import { type CallSink, type Invocation, type RunningCall } from '../../object/running-call.js';
import { type Arguments, type Frame, type Payload } from '../session/frame.js';
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
  readonly timeoutMs: number | undefined;
  input: Invocation['input'] = { words: [] };
  readonly #frame: Frame & { kind: 'invoke' };
  readonly #host: SessionCallHost;
  #window: number;
  #resume: (() => void) | undefined;

  constructor(frame: Frame & { kind: 'invoke' }, host: SessionCallHost, window: number) {
    this.object = frame.object;
    this.method = frame.method;
    this.timeoutMs = frame.timeoutMs === 0 ? undefined : frame.timeoutMs;
    this.#frame = frame;
    this.#host = host;
    this.#window = window;
  }

  /** Reads what the caller passed. @throws RpcError `MESSAGE_MALFORMED` */
  readInput(): void {
    this.input = inputOf(this.#frame.input);
  }

  get caller(): Caller {
    return this.#host.caller;
  }

  get callId(): string {
    return this.#host.callIdOf(this.#frame.call);
  }

  grant(bytes: number): void {
    this.#window += bytes;
    if (this.#window > 0) {
      this.#wake();
    }
  }

  item(value: unknown): Promise<void> | undefined {
    const payload = payloadOf(value);
    this.#host.send({ kind: 'item', call: this.#frame.call, value: payload });
    this.#window -= payloadBytes(payload);
    if (this.#window > 0) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  result(value: unknown): void {
    this.#host.send({ kind: 'result', call: this.#frame.call, value: payloadOf(value) });
    this.#end(undefined);
  }

  failure(error: RpcError): void {
    this.#end(error);
  }

  #end(failure: RpcError | undefined): void {
    this.#host.end(this.#frame.call, failure);
    this.#wake();
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

function payloadOf(value: unknown): Payload {
  try {
    return encodePayload(value);
  } catch (error) {
    throw coreError('RESULT_INVALID', "the method gave what JSON cannot say; the server's log tells more", {
      cause: error,
    });
  }
}

function inputOf(input: Arguments): Invocation['input'] {
  if ('words' in input) {
    return { words: input.words };
  }
  const value = decodePayload(input.values);
  if (value === undefined) {
    return { values: [] };
  }
  if (!Array.isArray(value)) {
    throw coreError('MESSAGE_MALFORMED', 'the arguments of a call are an array');
  }
  return { values: value };
}
