import {
  type Caller,
  type CallSink,
  coreError,
  type HostedObject,
  type Invocation,
  isObjectDefinition,
  isRpcError,
  type RpcError,
  type RunningCall,
  FileArgument,
  correlationIdError,
} from '@patchbay/objects';

import { type Attachment, type Frame, type Handle, type Payload } from '../protocol/frame.js';
import { decodePayload, encodePayload, type Exporter, payloadBytes } from '../protocol/payload.js';
import { CallImports, type CallImportsHost } from './call-imports.js';
import { type ObjectExports } from './object-exports.js';

/** What a call needs of its session. */
export interface SessionCallHost extends CallImportsHost {
  readonly caller: Caller;
  /** The objects that were handed out to the session. */
  readonly exports: ObjectExports;
  callIdOf(number: number): string;
  /** Sends a frame. @throws RpcError `MESSAGE_TOO_LARGE` */
  send(frame: Frame): void;
  /** Takes note that a method runs no more. */
  done(): void;
  /** Takes note that a call has ended. */
  end(number: number): void;
  /** Tells the client that a call failed; `notBegun` says that it may run elsewhere. */
  sendFailure(number: number, failure: RpcError, notBegun: boolean): void;
  /** Notes a failure of which nobody hears. */
  noteUnheard(call: Invocation, failure: RpcError): void;
}

/** One call of a session: what was asked, and the way back; its items go no faster than the client grants. */
export class SessionCall implements CallSink, Invocation, Exporter {
  running: RunningCall | undefined;
  /** The object where it was handed out to this session. */
  handedOut: HostedObject | undefined;
  readonly method: string;
  readonly timeoutMs: number | undefined;
  readonly correlationId: string | undefined;
  readonly oneWay: boolean;
  input: Invocation['input'] = { argv: [] };
  readonly #frame: Frame & { kind: 'invoke' };
  readonly #host: SessionCallHost;
  #window: number;
  #resume: (() => void) | undefined;
  #imports: CallImports | undefined;
  #ended = false;
  #followers: ((failure: RpcError | undefined) => void)[] | undefined;

  constructor(frame: Frame & { kind: 'invoke' }, host: SessionCallHost, window: number) {
    this.method = frame.method;
    this.timeoutMs = frame.timeoutMs === 0 ? undefined : frame.timeoutMs;
    this.correlationId = frame.correlationId === '' ? undefined : frame.correlationId;
    this.oneWay = frame.oneWay;
    this.#frame = frame;
    this.#host = host;
    this.#window = window;
  }

  get object(): string {
    return this.handedOut?.label ?? this.#frame.object;
  }

  /** Whether it was answered. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What the caller passed that stays with it; made when there is something of that kind. */
  get imports(): CallImports | undefined {
    return this.#imports;
  }

  /** Reads what the caller passed. @throws RpcError `MESSAGE_MALFORMED`, `REFERENCE_RELEASED`, `ARGUMENT_INVALID` */
  readInput(): void {
    const wrong = this.correlationId === undefined ? undefined : correlationIdError(this.correlationId);
    if (wrong !== undefined) {
      throw wrong;
    }
    const { input } = this.#frame;
    if ('words' in input) {
      this.input = { argv: this.#readWords(input.words, input.streams) };
      return;
    }
    const value =
      input.values.attachments.length === 0
        ? decodePayload(input.values)
        : decodePayload(input.values, (handle) => this.#import(handle));
    if (value !== undefined && !Array.isArray(value)) {
      throw coreError('MESSAGE_MALFORMED', 'the arguments of a call are an array');
    }
    this.input = { values: value ?? [] };
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

  /** Does something when the call has ended. */
  follow(action: (failure: RpcError | undefined) => void): void {
    (this.#followers ??= []).push(action);
  }

  /** Ends the call with an error now, and asks its method to stop if it runs. */
  cancel(error: RpcError): void {
    if (this.running === undefined) {
      this.failure(error, false); // it waits for its turn, or for the call that gives its object
    } else {
      this.running.cancel(error);
    }
  }

  item(value: unknown): Promise<void> | undefined {
    if (this.oneWay) {
      return undefined;
    }
    const payload = this.#payloadOf(value);
    this.#host.send({ kind: 'item', call: this.#frame.call, value: payload, stream: 0 });
    this.#window -= payloadBytes(payload);
    if (this.#window > 0) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  result(value: unknown): void {
    if (!this.oneWay) {
      this.#sendResult(this.#payloadOf(value));
    }
    this.#ended = true;
    this.#host.end(this.#frame.call);
    this.close(undefined);
  }

  failure(error: RpcError, begun: boolean): void {
    const { call: number } = this.#frame;
    this.#ended = true;
    this.#host.end(number);
    if (this.oneWay) {
      this.#host.noteUnheard(this, error);
    } else {
      this.#host.sendFailure(number, error, !begun && error.reason === 'SERVER_DRAINING');
    }
    this.close(error);
  }

  #sendResult(payload: Payload): void {
    this.#host.send({ kind: 'result', call: this.#frame.call, value: payload });
    const [whole] = payload.attachments;
    if (whole?.path.length === 0 && typeof whole.content === 'object' && 'kind' in whole.content) {
      this.#host.exports.noteResult(this.#frame.call, whole.content.number);
    }
  }

  done(): void {
    this.#host.done();
  }

  keeps(value: object): boolean {
    return isObjectDefinition(value);
  }

  handOut(value: object): Handle {
    if (!isObjectDefinition(value)) {
      throw new TypeError('only objects are handed out');
    }
    const number = this.#host.exports.add(value, `${this.object}.${this.method}()`);
    return { kind: 'object', number };
  }

  /** Lets go of what the call has of its caller's, and of those who wait for it. */
  close(failure: RpcError | undefined): void {
    this.#imports?.close(failure);
    this.#wake();
    for (const action of this.#followers ?? []) {
      action(failure);
    }
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }

  #readWords(words: readonly string[], streams: readonly Attachment[]): readonly (string | FileArgument)[] {
    if (streams.length === 0) {
      return words;
    }
    const contents = new Map(streams.map(({ path, content }) => [path[0], content]));
    return words.map((word, index) => {
      const handle = contents.get(String(index));
      return typeof handle === 'object' && 'kind' in handle
        ? new FileArgument(word, this.#importStream(handle))
        : word;
    });
  }

  #import(handle: Handle): unknown {
    switch (handle.kind) {
      case 'stream':
        return this.#importStream(handle);
      case 'callback':
        return this.#madeImports().callback(handle);
      case 'object':
        return this.#host.exports.get(handle.number).definition;
    }
  }

  #importStream(handle: Handle): AsyncIterable<unknown> {
    return this.#madeImports().stream(handle);
  }

  #madeImports(): CallImports {
    this.#imports ??= new CallImports(this.#frame.call, this.#host, this);
    return this.#imports;
  }

  #payloadOf(value: unknown): Payload {
    try {
      return encodePayload(value, this);
    } catch (error) {
      if (isRpcError(error, 'REFERENCES_EXHAUSTED')) {
        throw error;
      }
      throw coreError('RESULT_INVALID', "the method gave what JSON cannot say; the server's log tells more", {
        cause: error,
      });
    }
  }
}
