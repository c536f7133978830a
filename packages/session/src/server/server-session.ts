import { type Caller, type CallMetadata, coreError, type Invocation, type RpcError } from '@patchbay/objects';
import { certificateTimeError, type Dispatcher } from '@patchbay/objects/define';

import { ReplayWindow } from '../protocol/replay-window.js';
import { CallTable } from '../protocol/call-table.js';
import { sendFailure } from '../protocol/failure.js';
import { type FlowWindow, windowIn } from '../protocol/flow-window.js';
import type { Frame } from '../protocol/frame.js';
import { malformed } from '../protocol/message-reader.js';
import { messageBytes, Outbox } from '../protocol/outbox.js';
import { Turns } from '../protocol/turns.js';
import { CallbackCalls } from './callback-calls.js';
import { FrameGate } from './frame-gate.js';
import { FrameIntake } from './frame-intake.js';
import { ObjectExports } from './object-exports.js';
import { ServerCall, type ServerCallHost } from './server-call.js';
import { callsExhausted, type SessionLimits } from './session-limits.js';
import { serverHello, SessionGreeting, type SessionVerifier } from './session-greeting.js';
import { Subscriptions } from './subscriptions.js';

/** The way to the client under a session. */
export interface SessionOutput {
  /** How many bytes each message leaves free in front, for a prefix of the transport. */
  readonly headroomBytes: number;
  write(message: Buffer): void;
  /** How many of the bytes that were written have not been sent yet. */
  readonly unsentBytes: number;
  /** Runs an action of the session between two messages; what it throws ends the stream, as `receive` does. */
  attempt(action: () => void): void;
}

/** Up to how many bytes of answers a client may leave unread where the server's memory is scarce. */
const leastUnreadBytes = 256 * 1024;

/** By how many bytes the unread answers of a session must change to be counted. */
const countedBytes = 64 * 1024;

export interface ServerSessionOptions {
  readonly dispatcher: Dispatcher;
  readonly caller: Caller;
  readonly limits: SessionLimits;
  readonly output: SessionOutput;
  /** Shared by the sessions of a server. Default: its own. */
  readonly gate?: FrameGate;
  /** Lets clients prove who they are by an API key. Default: none may. */
  readonly verifier?: SessionVerifier | undefined;
}

/** The server's end of one session: takes calls, and answers each. */
export class ServerSession implements ServerCallHost {
  readonly dispatcher: Dispatcher;
  caller: Caller;
  limits: SessionLimits;
  readonly #outbox: Outbox;
  readonly #intake: FrameIntake;
  readonly #output: SessionOutput;
  readonly gate: FrameGate;
  /** Resumes the calls whose items wait until the client has read some. */
  #onRead: (() => void)[] = [];
  #unreadBytes = 0;
  readonly calls = new CallTable<ServerCall>();
  readonly #replayWindow = new ReplayWindow();
  oneWays = 0;
  readonly turns: Turns<ServerCall>;
  readonly exports = new ObjectExports();
  readonly send = (frame: Frame): void => {
    this.#outbox.send(frame);
  };
  readonly callbackCalls: CallbackCalls;
  readonly subscriptions = new Subscriptions({
    send: this.send,
    cancelCalls: (call, callback, error) => {
      this.callbackCalls.end(call, error, (each) => each === callback);
    },
  });
  readonly #greeting: SessionGreeting;
  itemWindow: FlowWindow = { bytes: 0, items: Infinity };
  #closed = false;

  constructor({ dispatcher, caller, limits, output, gate, verifier }: ServerSessionOptions) {
    this.dispatcher = dispatcher;
    this.caller = caller;
    this.limits = limits;
    this.callbackCalls = new CallbackCalls(this.send, limits, (ofCall, error) => {
      dispatcher.log.debug("a caller's function failed", { callId: this.callIdOf(ofCall), error });
    });
    this.#output = output;
    this.turns = new Turns(limits.maxCalls, (call) => {
      call.start();
    });
    this.gate = gate ?? new FrameGate(limits.maxBufferedBytes);
    this.#greeting = new SessionGreeting({
      verifier,
      hello: () => serverHello(this.limits, dispatcher.access.idempotentMethods(this.caller)),
      send: this.send,
      onHello: (frame) => {
        this.subscriptions.supported = frame.keepsFunctions === true;
        this.itemWindow = windowIn(frame);
        this.#outbox.peerMaxFrameBytes = Math.max(frame.maxFrameBytes, messageBytes);
        if (frame.auth !== undefined) {
          const { key, claims } = frame.auth;
          dispatcher.log.debug('a client says who it is', { peer: caller.peer, keyId: key, claims });
        }
      },
      onProven: (proven, wider) => {
        this.caller = proven;
        this.limits = wider;
        this.turns.max = wider.maxCalls;
        this.#intake.limitTo(wider.maxFrameBytes);
      },
    });
    this.#intake = new FrameIntake({
      gate: this.gate,
      maxFrameBytes: limits.maxFrameBytes,
      mustWait: () => this.awaitsReader,
      take: (frame, heldBytes) => {
        this.#take(frame, heldBytes);
      },
      attempt: (action) => {
        output.attempt(action);
      },
    });
    this.#outbox = new Outbox((message) => {
      if (!this.#closed) {
        output.write(message);
      }
    }, output.headroomBytes);
  }

  /** Takes a message; while `blocked`, no more than has arrived already. @throws RpcError when it violates the protocol: end the stream with it */
  receive(message: Buffer): void {
    this.#intake.receive(message);
  }

  /** Whether receiving is paused: frames wait for their turn, for memory, or for the client to read. */
  get blocked(): boolean {
    return this.#intake.blocked;
  }

  /** Whether that is because the client must read its answers first; calls wait with further items then, too. */
  get awaitsReader(): boolean {
    const unreadBytes = this.#outbox.queuedBytes + this.#output.unsentBytes;
    const { maxUnreadBytes } = this.limits;
    if (Math.abs(unreadBytes - this.#unreadBytes) >= countedBytes) {
      this.#countUnread(unreadBytes);
    }
    return unreadBytes > (this.gate.crowded ? Math.min(leastUnreadBytes, maxUnreadBytes) : maxUnreadBytes);
  }

  /** Takes the frames that wait, when answers were sent. @throws RpcError as `receive` */
  resume(): void {
    if (this.#onRead.length > 0 && !this.awaitsReader) {
      for (const resume of this.#onRead.splice(0)) {
        resume();
      }
    }
    this.#intake.resume();
  }

  onceRead(resume: () => void): void {
    this.#onRead.push(resume);
  }

  /** Checks that what has begun to arrive still does. @throws RpcError `MESSAGE_UNFINISHED` */
  checkProgress(): void {
    this.#intake.checkProgress();
  }

  callIdOf(number: number): string {
    return `${this.#greeting.client}-${String(number)}`;
  }

  sendFailure(call: number, error: RpcError, how: { notBegun: boolean; metadata: CallMetadata }): void {
    sendFailure(this.send, call, error, { withStack: this.limits.sendStacks, ...how });
  }

  logUnsent({ callId, object, method }: Invocation, error: RpcError): void {
    const fields = { callId, object, method, error };
    this.dispatcher.log.warn('a one-way call failed; its caller is not notified', fields);
  }

  /** Writes the answers that are ready, before this side ends the stream. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Takes the end of the stream: cancels what runs for this client, and writes nothing more. */
  close(): void {
    this.#closed = true;
    this.#intake.close();
    this.#countUnread(0);
    const error = coreError('CALL_CANCELLED', 'the connection to the caller was lost');
    for (const call of this.calls.takeAll()) {
      if (!call.oneWay) {
        call.cancel(error); // a one-way call has no answer to wait for, and continues
      }
    }
    this.subscriptions.close(error);
    this.exports.close();
  }

  #countUnread(bytes: number): void {
    this.gate.note(bytes - this.#unreadBytes);
    this.#unreadBytes = bytes;
  }

  #take(frame: Frame, heldBytes: number): void {
    if (frame.kind === 'invoke') {
      this.#invoke(frame, heldBytes);
      return;
    }
    this.gate.give(heldBytes);
    switch (frame.kind) {
      case 'cancel':
        this.calls
          .get(frame.call)
          ?.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
        return;
      case 'credit':
        this.calls.get(frame.call)?.grant(frame.bytes, frame.items);
        return;
      case 'hello':
        this.#greeting.take(frame);
        return;
      case 'item':
        this.calls.get(frame.call)?.imports?.item(frame.stream, frame.value);
        return;
      case 'end':
        this.calls.get(frame.call)?.imports?.end(frame.stream);
        return;
      case 'result':
      case 'failure':
        this.callbackCalls.settle(frame);
        return;
      case 'release':
        this.exports.release(frame.object);
        return;
      case 'subscription':
        this.subscriptions.release(frame);
        return;
      case 'heartbeat':
        this.send(frame);
        return;
      case 'chunk':
        throw coreError(
          'MESSAGE_MALFORMED',
          'the client sent a frame of kind chunk, which a client must not',
        );
      default:
        frame satisfies never;
    }
  }

  /** @param heldBytes of the gate, which the call gives back when its method has ended */
  #invoke(frame: Frame & { kind: 'invoke' }, heldBytes: number): void {
    const wrong = !this.#greeting.done
      ? 'a call before the hello, or the proof, of its session'
      : this.#replayWindow.accept(frame.call)
        ? undefined
        : `call number ${String(frame.call)} was used before, or is too old to know`;
    if (wrong !== undefined) {
      this.gate.give(heldBytes);
      throw malformed(wrong);
    }
    const call = new ServerCall(frame, this, heldBytes);
    this.calls.add(frame.call, call);
    const { maxCalls } = this.limits;
    // Counted separately, as the client does not learn when the calls end to which it wants no answer.
    const inFlight = frame.oneWay ? ++this.oneWays : this.calls.size - this.oneWays;
    const expired = this.#expired();
    if (expired !== undefined) {
      call.failure(expired, false);
    } else if (inFlight > maxCalls) {
      call.failure(callsExhausted(maxCalls), false);
    } else {
      call.begin();
    }
  }

  /** Returns the error of a caller whose certificate has ended since the session began; it may come again with another. */
  #expired(): RpcError | undefined {
    const { expiresAtMs, principal } = this.caller;
    const nowMs = expiresAtMs === undefined ? 0 : this.dispatcher.clock.now();
    return expiresAtMs === undefined || nowMs < expiresAtMs
      ? undefined
      : certificateTimeError('CERTIFICATE_EXPIRED', principal, expiresAtMs, nowMs);
  }
}
