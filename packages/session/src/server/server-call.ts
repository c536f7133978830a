import {
  type Caller,
  type CallMetadata,
  type CallSink,
  coreError,
  correlationIdError,
  type Invocation,
  isObjectDefinition,
  metadataError,
  noMetadata,
  type ObjectDefinition,
  type RpcError,
  type RunningCall,
  type TimeLimit,
  toRpcError,
} from '@patchbay/objects';
import type { Dispatcher, HostedObject } from '@patchbay/objects/define';

import type { CallTable } from '../protocol/call-table.js';
import { encodePayload, type Exporter } from '../protocol/encode-payload.js';
import { mayComeAgain } from '../protocol/failure.js';
import { type FlowWindow, SendWindow } from '../protocol/flow-window.js';
import { type Frame, type Handle, isHandle, type Payload, payloadBytes } from '../protocol/frame.js';
import type { Turns } from '../protocol/turns.js';
import { CallImports, type CallImportsHost } from './call-imports.js';
import type { FrameGate } from './frame-gate.js';
import type { ObjectExports } from './object-exports.js';
import { beginOn } from './describing-call.js';
import { CallInput } from './read-input.js';

export interface ServerCallHost extends CallImportsHost {
  readonly caller: Caller;
  readonly dispatcher: Dispatcher;
  readonly exports: ObjectExports;
  callIdOf(number: number): string;
  /** The calls that have not been answered yet. */
  readonly calls: CallTable<ServerCall>;
  /** How much of a call's items the client takes before it grants credit. */
  readonly itemWindow: FlowWindow;
  /** How many of these want no answer. */
  oneWays: number;
  /** Of the methods that run, including those that still do although their call was cancelled. */
  readonly turns: Turns<ServerCall>;
  readonly gate: FrameGate;
  /** Whether the client must read its answers before it gets further items. */
  readonly awaitsReader: boolean;
  /** Calls back when the client has read some. */
  onceRead(resume: () => void): void;
  /** Sends an error; `notBegun` if the call may run elsewhere. */
  sendFailure(
    number: number,
    failure: RpcError,
    how: { readonly notBegun: boolean; readonly metadata: CallMetadata },
  ): void;
  /** Logs an error that is not sent, as the caller wants no answer. */
  logUnsent(call: Invocation, failure: RpcError): void;
}

/** One call of a session: runs it, and sends its answer; its items are sent no faster than the client grants. */
export class ServerCall implements CallSink, Invocation, Exporter {
  /** The object where it was handed out to this session. */
  handedOut: HostedObject | undefined;
  readonly method: string;
  timeoutMs: TimeLimit | undefined;
  readonly correlationId: string | undefined;
  readonly metadata: CallMetadata;
  readonly isRead: boolean;
  readonly onBehalfOf: string | undefined;
  readonly oneWay: boolean;
  readonly #number: number;
  readonly #objectName: string;
  readonly #target: number;
  readonly #ofCall: number;
  readonly #input: CallInput;
  readonly #host: ServerCallHost;
  /** What it imports from its caller; undefined for nothing. */
  imports: CallImports | undefined;
  ended = false;
  #running: RunningCall | undefined;
  #waitsSinceMs: number | undefined;
  #window: SendWindow | undefined;
  #followers: ((failure: RpcError | undefined) => void)[] | undefined;

  #resume: (() => void) | undefined;
  #heldBytes: number;

  /** @param heldBytes how many bytes of the host's gate its arguments hold */
  constructor(frame: Frame & { kind: 'invoke' }, host: ServerCallHost, heldBytes: number) {
    this.method = frame.method;
    this.timeoutMs =
      frame.timeoutMs > 0 ? frame.timeoutMs : frame.methodTimeout === true ? undefined : 'none';
    this.correlationId = frame.correlationId === '' ? undefined : frame.correlationId;
    this.metadata = frame.metadata ?? noMetadata;
    this.isRead = frame.isRead === true;
    this.onBehalfOf = frame.onBehalfOf === '' ? undefined : frame.onBehalfOf;
    this.oneWay = frame.oneWay;
    this.#number = frame.call;
    this.#objectName = frame.object;
    this.#target = frame.target;
    this.#ofCall = frame.ofCall;
    this.#input = new CallInput(frame.input, host.limits);
    this.#host = host;
    this.#heldBytes = heldBytes;
  }

  get object(): string {
    return this.handedOut?.label ?? this.#objectName;
  }

  /** What was passed, decoded once the method is found and its caller may use it. @throws RpcError as `CallInput.decoded` */
  get input(): Invocation['input'] {
    return this.#input.decoded;
  }

  get caller(): Caller {
    return this.#host.caller;
  }

  get callId(): string {
    return this.#host.callIdOf(this.#number);
  }

  /** Runs the call; one of an object that another call has yet to return runs once that has. */
  begin(): void {
    try {
      const wrong =
        (this.correlationId === undefined ? undefined : correlationIdError(this.correlationId)) ??
        (this.metadata === noMetadata ? undefined : metadataError(this.metadata));
      if (wrong !== undefined) {
        throw wrong;
      }
      this.#input.importAll((handle) => this.#import(handle));
      const source =
        this.#target === 0 && this.#ofCall !== 0 ? this.#host.calls.get(this.#ofCall) : undefined;
      if (source === undefined) {
        this.#run();
      } else {
        (source.#followers ??= []).push((failure) => {
          this.#runAfter(failure);
        });
      }
    } catch (error) {
      this.failure(toRpcError(error), false); // of this call alone, not of its session
    }
  }

  grant(bytes: number, items: number): void {
    this.#sendWindow().grant(bytes, items);
  }

  /** Answers with an error now, and asks the method to stop if it runs. */
  cancel(error: RpcError): void {
    if (this.#running === undefined) {
      this.#host.turns.leave(this);
      this.failure(error, false); // it waits for its turn, or for the call that returns its object
    } else {
      this.#running.cancel(error);
    }
  }

  item(value: unknown): Promise<void> | undefined {
    if (this.oneWay) {
      return undefined;
    }
    const payload = this.#encode(value, 'item');
    this.#host.send({ kind: 'item', call: this.#number, value: payload, stream: 0 });
    const window = this.#sendWindow();
    window.spend(payloadBytes(payload));
    const room = window.room();
    if (room !== undefined || !this.#host.awaitsReader) {
      return room;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#host.onceRead(resolve);
    });
  }

  result(value: unknown, metadata: CallMetadata): number {
    let bytes = 0;
    if (!this.oneWay) {
      const payload = this.#encode(value, 'result');
      bytes = payloadBytes(payload);
      this.#host.send({ kind: 'result', call: this.#number, value: payload, metadata });
      const [whole] = payload.attachments;
      if (whole?.path.length === 0 && isHandle(whole.content)) {
        this.#host.exports.noteResult(this.#number, whole.content.number);
      }
    }
    this.#end(undefined);
    return bytes;
  }

  failure(error: RpcError, begun: boolean, metadata = noMetadata): void {
    if (this.oneWay) {
      this.#host.logUnsent(this, error);
    } else {
      const notBegun = !begun && (error.reason === 'SERVER_DRAINING' || mayComeAgain(error));
      this.#host.sendFailure(this.#number, error, { notBegun, metadata });
      this.#host.exports.noteFailure(this.#number, error);
    }
    this.#end(error);
  }

  done(): void {
    this.#host.turns.end();
    this.#giveBack();
  }

  /** Starts the method, when the turn of its call has come. */
  start(): void {
    const { dispatcher, turns } = this.#host;
    if (this.#waitsSinceMs !== undefined && typeof this.timeoutMs === 'number') {
      this.timeoutMs -= dispatcher.clock.monotonicMs() - this.#waitsSinceMs;
      if (this.timeoutMs <= 0) {
        const why = `${this.object}.${this.method} was still waiting for its turn and did not begin`;
        this.failure(coreError('DEADLINE_PASSED', why), false);
        turns.end();
        return;
      }
    }
    this.#running = beginOn(dispatcher, this);
  }

  mustExport(value: object): boolean {
    return isObjectDefinition(value);
  }

  exportValue(value: object): Handle {
    const { object, method } = this;
    const { exports, dispatcher } = this.#host;
    const by = this.handedOut?.grantedAs(method) ?? { object: dispatcher.objects.nameOf(object), method };
    const number = exports.add(value as ObjectDefinition, `${object}.${method}()`, by, this.onBehalfOf);
    return { kind: 'object', number };
  }

  #runAfter(failure: RpcError | undefined): void {
    if (this.ended) {
      return;
    }
    try {
      if (failure !== undefined) {
        throw failure;
      }
      this.#run();
    } catch (error) {
      this.failure(toRpcError(error), false);
    }
  }

  #run(): void {
    const { dispatcher, exports, turns } = this.#host;
    this.handedOut = exports.called(this.#target, this.#ofCall, this.onBehalfOf);
    if (turns.take(this)) {
      this.start();
    } else {
      this.#waitsSinceMs = dispatcher.clock.monotonicMs();
    }
  }

  #end(failure: RpcError | undefined): void {
    this.ended = true;
    if (this.#running === undefined) {
      this.#giveBack();
    }
    this.#host.calls.delete(this.#number);
    if (this.oneWay) {
      this.#host.oneWays--;
    }
    this.imports?.close(failure);
    this.#window?.release();
    this.#resume?.();
    for (const action of this.#followers ?? []) {
      action(failure);
    }
  }

  #sendWindow(): SendWindow {
    return (this.#window ??= new SendWindow(this.#host.itemWindow));
  }

  #giveBack(): void {
    if (this.#heldBytes > 0) {
      this.#host.gate.give(this.#heldBytes);
      this.#heldBytes = 0;
    }
  }

  #import(handle: Handle): unknown {
    if (handle.kind === 'object') {
      return this.#host.exports.get(handle.number, this.onBehalfOf).definition;
    }
    this.imports ??= new CallImports(this.#number, this.#host, this);
    return handle.kind === 'stream' ? this.imports.stream(handle) : this.imports.callback(handle);
  }

  #encode(value: unknown, what: 'item' | 'result'): Payload {
    return encodePayload(value, `the method's ${what}`, this, 'RESULT_INVALID');
  }
}
