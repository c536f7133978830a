import { type Caller, coreError, type Invocation, type RpcError, toRpcError } from '@patchbay/objects';

import { CallNumbers } from '../protocol/call-numbers.js';
import { CallTable } from '../protocol/call-table.js';
import { sendFailure } from '../protocol/failure.js';
import { type Frame } from '../protocol/frame.js';
import { Inbox } from '../protocol/inbox.js';
import { malformed } from '../protocol/message-reader.js';
import { messageBytes, Outbox } from '../protocol/outbox.js';
import { CallbackCalls } from './callback-calls.js';
import { streamWindowBytes } from './call-imports.js';
import { HeldFrames } from './held-frames.js';
import { ObjectExports } from './object-exports.js';
import { SessionCall, type SessionCallHost } from './session-call.js';
import { callsExhausted } from './session-limits.js';
import { type ServerSessionOptions } from './session-options.js';

/** The server's end of one session: calls come in, and each is answered. */
export class ServerSession implements SessionCallHost {
  readonly #options: ServerSessionOptions;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #frames: HeldFrames;
  readonly #calls = new CallTable<SessionCall>();
  readonly #numbers = new CallNumbers();
  /** How many methods run, those included that go on although their call was cancelled. */
  #running = 0;
  /** The objects that were handed out to this session. */
  readonly exports = new ObjectExports();
  readonly send = (frame: Frame): void => {
    this.#outbox.send(frame);
  };
  readonly callbackCalls = new CallbackCalls(this.send);
  #client = '';
  #itemWindow = 0;
  #closed = false;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    const { limits, output } = options;
    this.#inbox = new Inbox(limits.maxFrameBytes);
    this.#outbox = new Outbox((message) => {
      if (!this.#closed) {
        output.write(message);
      }
    });
    this.#frames = new HeldFrames(
      (frame) => {
        this.#take(frame);
      },
      () => this.#outbox.queuedBytes + output.unsentBytes > limits.maxUnreadBytes,
    );
  }

  /**
   * Takes one message from the client, which is to come only while the session is not `blocked`.
   *
   * @throws RpcError when it breaks the protocol: end the stream with it
   */
  receive(message: Buffer): void {
    if (!this.#closed) {
      this.#frames.takeAll(this.#inbox.receive(message));
    }
  }

  /** Whether the client owes it to read its answers before more of what it says is taken. */
  get blocked(): boolean {
    return this.#frames.blocked;
  }

  /** Goes on with what waits, when answers have left. @throws RpcError when it breaks the protocol, as `receive` */
  resume(): void {
    this.#frames.resume();
  }

  get caller(): Caller {
    return this.#options.caller;
  }

  callIdOf(number: number): string {
    return `${this.#client}-${String(number)}`;
  }

  done(): void {
    this.#running--;
  }

  end(number: number): void {
    this.#calls.delete(number);
  }

  sendFailure(call: number, error: RpcError, notBegun: boolean): void {
    sendFailure(this.send, call, error, { withStack: this.#options.limits.sendStacks, notBegun });
  }

  noteUnheard({ callId, object, method }: Invocation, error: RpcError): void {
    const fields = { callId, object, method, error };
    this.#options.dispatcher.log.warn('a one-way call failed, and its caller does not hear of it', fields);
  }

  /** Writes the answers that are ready, before the stream is ended from this side. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Takes the end of the stream: whatever runs for this client is cancelled, and nothing is written any more. */
  close(): void {
    this.#closed = true;
    this.#frames.drop();
    const error = coreError('CALL_CANCELLED', 'the connection of the caller is lost');
    for (const call of this.#calls.takeAll()) {
      if (!call.oneWay) {
        call.cancel(error); // nobody waits for an answer that is none: a one-way call goes on
      }
    }
    this.exports.close();
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'invoke':
        this.#invoke(frame);
        return;
      case 'cancel':
        this.#calls
          .get(frame.call)
          ?.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
        return;
      case 'credit':
        this.#calls.get(frame.call)?.grant(frame.bytes);
        return;
      case 'hello':
        this.#hello(frame);
        return;
      case 'item':
        this.#calls.get(frame.call)?.imports?.item(frame.stream, frame.value);
        return;
      case 'end':
        this.#calls.get(frame.call)?.imports?.end(frame.stream);
        return;
      case 'result':
      case 'failure':
        this.callbackCalls.settle(frame);
        return;
      case 'release':
        this.exports.release(frame.object);
        return;
      case 'chunk':
        throw coreError(
          'MESSAGE_MALFORMED',
          `the client sent a frame of kind ${frame.kind}, which a client does not`,
        );
      default:
        frame satisfies never;
    }
  }

  #hello(frame: Frame & { kind: 'hello' }): void {
    if (this.#client !== '' || frame.client === '') {
      throw coreError('MESSAGE_MALFORMED', 'a session begins with one hello that tells the client');
    }
    this.#client = frame.client;
    this.#itemWindow = frame.itemWindow;
    this.#outbox.peerMaxFrameBytes = Math.max(frame.maxFrameBytes, messageBytes);
    this.#outbox.send({
      kind: 'hello',
      client: '',
      maxCalls: this.#options.limits.maxCalls,
      itemWindow: streamWindowBytes,
      maxFrameBytes: this.#options.limits.maxFrameBytes,
      idempotent: this.#options.dispatcher.objects.idempotentMethods(),
    });
  }

  #invoke(frame: Frame & { kind: 'invoke' }): void {
    if (this.#client === '') {
      throw malformed('a call before the hello of its session');
    }
    if (!this.#numbers.take(frame.call)) {
      throw malformed(`call number ${String(frame.call)} was used before, or is too old to know`);
    }
    const call = new SessionCall(frame, this, this.#itemWindow);
    this.#calls.add(frame.call, call);
    const { maxCalls } = this.#options.limits;
    if (this.#calls.size > maxCalls) {
      call.failure(callsExhausted(maxCalls), false);
    } else if (this.#running < maxCalls) {
      this.#begin(call, frame);
    } else {
      // Methods whose calls were cancelled take all places: those that heed it are done in a turn.
      setImmediate(() => {
        if (!call.ended && this.#running >= maxCalls) {
          call.failure(callsExhausted(maxCalls), false);
        } else if (!call.ended) {
          this.#begin(call, frame);
        }
      });
    }
  }

  #begin(call: SessionCall, frame: Frame & { kind: 'invoke' }): void {
    try {
      call.readInput();
      this.#beginOn(call, frame);
    } catch (error) {
      call.failure(toRpcError(error), false); // this call's alone: the session's frames are well
    }
  }

  #beginOn(call: SessionCall, { target, ofCall }: Frame & { kind: 'invoke' }): void {
    if (target !== 0) {
      call.handedOut = this.exports.get(target);
    } else if (ofCall !== 0) {
      const giver = this.#calls.get(ofCall);
      if (giver !== undefined) {
        giver.follow((failure) => {
          this.#beginAfter(call, ofCall, failure);
        });
        return;
      }
      call.handedOut = this.exports.resultOf(ofCall);
    }
    this.#run(call);
  }

  /** Begins a call of the object that another one gave, now that it has, or fails with it. */
  #beginAfter(call: SessionCall, giver: number, failure: RpcError | undefined): void {
    if (call.ended) {
      return;
    }
    try {
      if (failure !== undefined) {
        throw failure;
      }
      call.handedOut = this.exports.resultOf(giver);
      this.#run(call);
    } catch (error) {
      call.failure(toRpcError(error), false);
    }
  }

  #run(call: SessionCall): void {
    this.#running++;
    call.running = this.#options.dispatcher.begin(call, call);
  }
}
