import { coreError, defaultTimeoutMs, RpcError } from '@patchbay/objects';

import { ReplayWindow } from '../protocol/replay-window.js';
import { CallTable } from '../protocol/call-table.js';
import { errorOf } from '../protocol/failure.js';
import { windowIn } from '../protocol/flow-window.js';
import { type Frame, payloadBytes } from '../protocol/frame.js';
import { Inbox } from '../protocol/inbox.js';
import { messageBytes, Outbox } from '../protocol/outbox.js';
import { callerError, isFailureOf } from './caller-error.js';
import { Turns } from '../protocol/turns.js';
import { type CallCarrier, ClientCall } from './client-call.js';
import type { Destination } from './destination.js';
import { ExportTable } from './export-table.js';
import { invokeFrame } from './invoke-frame.js';
import { ObjectImports } from './object-imports.js';
import { type ClientHello, ServerHello } from './hello.js';
import type { ClientSessionEvents } from './session-events.js';
import { type ClientLiveness, SessionKeepalive } from './session-keepalive.js';
import { SessionOpening } from './session-opening.js';
import type { MessageStream } from './transport.js';

/** The client's end of one session: sends calls, and finds the call of each answer. */
export class ClientSession implements CallCarrier, AsyncDisposable {
  readonly destination: Destination;
  readonly #stream: MessageStream;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #replayWindow = new ReplayWindow();
  readonly #calls = new CallTable<ClientCall>();
  readonly #imports = new ObjectImports(this);
  readonly #sendFrame = (frame: Frame): void => {
    this.#outbox.send(frame);
  };
  readonly #exports = new ExportTable({ imports: this.#imports, send: this.#sendFrame });
  readonly #events: ClientSessionEvents;
  /** Of the calls in flight, of which the server allows only so many. */
  readonly #turns = new Turns<ClientCall>(Infinity, (call) => {
    this.#send(call);
  });
  readonly #keepalive: SessionKeepalive;
  readonly #opening: SessionOpening;
  #server: ServerHello | undefined;
  #lost: RpcError | undefined;
  #retired = false;

  constructor(
    to: Destination,
    hello: ClientHello,
    stream: MessageStream,
    { clock, keepalive }: ClientLiveness,
    events: ClientSessionEvents,
  ) {
    this.destination = to;
    this.#stream = stream;
    this.#events = events;
    this.#inbox = new Inbox(hello.maxFrameBytes);
    this.#outbox = new Outbox(stream.write.bind(stream), stream.headroomBytes, true);
    this.#keepalive = new SessionKeepalive({
      clock,
      keepalive,
      stream,
      inUse: () => this.#inUse,
      send: this.#sendFrame,
      onSilence: (why) => {
        this.#abort(coreError('CONNECTION_LOST', `${to.address} ${why}`));
      },
    });
    this.#opening = new SessionOpening(hello, to, stream, this.#sendFrame);
  }

  /** Whether the session can no longer carry calls. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  get #inUse(): boolean {
    return this.#calls.size + this.#imports.held + this.#exports.size > 0;
  }

  /** Closes the session once nothing uses it any more. */
  retire(): void {
    this.#retired = true;
    if (!this.#inUse) {
      void this.close();
    }
  }

  /** Sends a call, when its turn comes. */
  carry(call: ClientCall): void {
    if (this.#lost !== undefined) {
      this.#events.onLostCall(call, this.#lost, this.destination);
      return;
    }
    call.carrier = this;
    if (this.#turns.take(call)) {
      this.#send(call);
    } else {
      const most = String(this.#turns.max);
      call.waitsFor = `it was waiting for its turn, as ${this.destination.address} allows ${most} calls in flight`;
    }
  }

  #send(call: ClientCall): void {
    call.waitsFor = undefined;
    if (call.timeoutMs === undefined && this.#server?.methodTimeouts !== true) {
      call.limitTo(defaultTimeoutMs);
    }
    this.#keepalive.wake();
    if (!this.#replayWindow.accept(call.number)) {
      call.number = call.host.nextNumber(); // it was sent here before, or is far behind: none is used twice
      this.#replayWindow.accept(call.number);
    }
    call.progress = 'sent';
    this.#calls.add(call.number, call);
    try {
      this.#exports.add(call);
      this.#outbox.send(invokeFrame(call, this), call.request.options.inBatch);
      this.#exports.start(call.number);
    } catch (error) {
      this.#finish(call.number);
      call.fail(callerError(error));
    }
    if (call.request.options.oneWay === true) {
      this.#finish(call.number);
      call.succeed(undefined);
    }
    call.releaseFollowers();
  }

  abandon(call: ClientCall): void {
    if (!this.#turns.leave(call) && this.#finish(call.number) !== undefined) {
      this.#outbox.send({ kind: 'cancel', call: call.number });
    }
  }

  grant(call: ClientCall, bytes: number, items: number): void {
    if (this.#calls.has(call.number)) {
      this.#outbox.send({ kind: 'credit', call: call.number, bytes, items, stream: 0 });
    }
  }

  release(object: number): void {
    this.#imports.held--;
    if (!this.lost) {
      this.#outbox.send({ kind: 'release', object });
    }
  }

  receive(message: Buffer): void {
    this.#keepalive.noteMessage();
    try {
      for (const frame of this.#inbox.receive(message)) {
        this.#take(frame);
      }
    } catch (error) {
      this.#abort(callerError(error));
    }
  }

  /** Takes the end of the stream: every call in flight is lost. */
  lose(error: RpcError): void {
    if (this.#lost !== undefined) {
      return;
    }
    this.#lost = error;
    this.#keepalive.stop();
    this.#events.onEnd(error);
    const calls = [...this.#calls.takeAll(), ...this.#turns.takeWaiting()];
    this.#exports.close(error);
    for (const call of calls) {
      this.#leave(call, error);
    }
  }

  async close(): Promise<void> {
    this.#outbox.flush(); // the last frames, such as a cancel or a one-way call, are still sent
    const ended = this.#stream.end();
    this.lose(coreError('CONNECTION_LOST', `the session with ${this.destination.address} was closed`));
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #abort(error: RpcError): void {
    this.lose(error);
    void this.#stream.end();
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'result':
      case 'item':
        this.#takeValue(frame);
        return;
      case 'failure':
        this.#read(this.#finish(frame.call), (call) => {
          call.takeMetadata(frame.metadata);
          this.#fail(call, errorOf(frame, call.callId), frame.notBegun);
        });
        return;
      case 'hello':
        if (!this.#opening.take(frame)) return;
        this.#server = new ServerHello(frame);
        this.#turns.max = this.#server.maxCalls;
        this.#exports.window = windowIn(frame);
        this.#outbox.peerMaxFrameBytes = Math.max(frame.maxFrameBytes, messageBytes);
        this.#keepalive.start(frame.heartbeatMs ?? 0);
        this.#events.onOpen();
        return;
      case 'credit':
      case 'end':
      case 'invoke':
      case 'subscription':
        this.#exports.take(frame);
        return;
      case 'heartbeat': // it was noted as a message
      case 'cancel': // of a callback: the server no longer waits for its answer
        return;
      case 'chunk':
      case 'release':
        throw coreError(
          'MESSAGE_MALFORMED',
          `${this.destination.address} sent a frame of kind ${frame.kind}, which a server must not`,
        );
      default:
        frame satisfies never;
    }
  }

  #takeValue(frame: Frame & { kind: 'item' | 'result' }): void {
    const { kind, call: number, value } = frame;
    const call = kind === 'result' ? this.#finish(number, true) : this.#calls.get(number);
    if (call === undefined) {
      this.#imports.discard(value);
      return;
    }
    this.#read(call, () => {
      if (frame.kind === 'result') {
        call.takeMetadata(frame.metadata);
        call.succeed(this.#imports.result(call, value));
      } else {
        call.deliver(this.#imports.value(call, value), payloadBytes(value));
      }
    });
  }

  /** Reads an answer for a call that still waits for it; one that cannot be read fails that call alone. */
  #read(call: ClientCall | undefined, read: (call: ClientCall) => void): void {
    if (call === undefined) {
      return;
    }
    try {
      read(call);
    } catch (error) {
      call.fail(callerError(error));
      this.abandon(call);
    }
  }

  /** Returns the call that an answer ends, unless its caller left. @param succeeds whether subscribed functions stay */
  #finish(number: number, succeeds = false): ClientCall | undefined {
    const call = this.#calls.get(number);
    if (call !== undefined) {
      this.#calls.delete(number);
      this.#exports.delete(number, succeeds);
      this.#turns.end();
      if (this.#retired) {
        queueMicrotask(this.retire.bind(this)); // the call is answered first
      }
    }
    return call;
  }

  #fail(call: ClientCall, error: RpcError, notBegun: boolean): void {
    const { target, exports } = call.request;
    const first = target instanceof ClientCall ? target : undefined;
    const firstLeft = first !== undefined && !first.ended && first.carrier !== this;
    if (first?.outcome instanceof RpcError && isFailureOf(first.outcome, error)) {
      call.fail(first.outcome);
    } else if ((notBegun || firstLeft) && exports === undefined) {
      call.progress = 'unsent';
      this.#leave(call, error);
    } else if (error.reason === 'SERVER_STOPPED') {
      this.#leave(call, error);
    } else {
      call.fail(error);
    }
  }

  /** Hands over a call that may run elsewhere. */
  #leave(call: ClientCall, error: RpcError): void {
    call.carrier = undefined;
    call.idempotent = this.#server?.mayRepeat(call.request) === true;
    this.#events.onLostCall(call, error, this.destination);
  }
}
