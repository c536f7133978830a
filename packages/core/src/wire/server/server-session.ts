import { coreError } from '../../errors/core-errors.js';
import { type RpcError } from '../../errors/rpc-error.js';
import { toRpcError } from '../../errors/to-rpc-error.js';
import { type Caller } from '../../object/context.js';
import { type Dispatcher } from '../../object/dispatcher.js';
import { type Frame } from '../session/frame.js';
import { Inbox } from '../session/inbox.js';
import { defaultMaxFrameBytes, messageBytes, Outbox } from '../session/outbox.js';
import { failureFrame, shortFailureFrame } from './failure-frame.js';
import { SessionCall, type SessionCallHost } from './session-call.js';

/** How many calls one session may have in flight where nothing else is configured. */
export const defaultMaxCalls = 1024;

/** What a server session needs. */
export interface ServerSessionOptions {
  readonly dispatcher: Dispatcher;
  readonly caller: Caller;
  readonly maxCalls: number;
  /** Whether a failure carries the server's stack to the caller. */
  readonly sendStacks: boolean;
  readonly write: (message: Buffer) => void;
}

/** The server's end of one session: calls come in, and each is answered. */
export class ServerSession implements SessionCallHost {
  readonly #options: ServerSessionOptions;
  readonly #outbox: Outbox;
  readonly #inbox = new Inbox(defaultMaxFrameBytes);
  readonly #calls = new Map<number, SessionCall>();
  #client = '';
  #itemWindow = 0;
  #closed = false;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    this.#outbox = new Outbox((message) => {
      if (!this.#closed) {
        options.write(message);
      }
    });
  }

  /** Takes one message from the client. @throws RpcError when it breaks the protocol: end the stream with it */
  receive(message: Buffer): void {
    if (this.#closed) {
      return;
    }
    for (const frame of this.#inbox.receive(message)) {
      this.#take(frame);
    }
  }

  get caller(): Caller {
    return this.#options.caller;
  }

  callIdOf(number: number): string {
    return `${this.#client}-${String(number)}`;
  }

  send(frame: Frame): void {
    this.#outbox.send(frame);
  }

  end(number: number, failure: RpcError | undefined): void {
    this.#calls.delete(number);
    if (failure !== undefined) {
      this.#sendFailure(number, failure);
    }
  }

  /** Writes the answers that are ready, before the stream is ended from this side. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Takes the end of the stream: whatever runs for this client is cancelled, and nothing is written any more. */
  close(): void {
    this.#closed = true;
    const error = coreError('CALL_CANCELLED', 'the connection of the caller is lost');
    for (const call of [...this.#calls.values()]) {
      call.running?.cancel(error);
    }
    this.#calls.clear();
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'invoke':
        this.#invoke(frame);
        return;
      case 'cancel':
        this.#calls
          .get(frame.call)
          ?.running?.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
        return;
      case 'credit':
        this.#calls.get(frame.call)?.grant(frame.bytes);
        return;
      case 'hello':
        this.#hello(frame);
        return;
      case 'item':
      case 'result':
      case 'failure':
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
      maxCalls: this.#options.maxCalls,
      itemWindow: 0,
      maxFrameBytes: defaultMaxFrameBytes,
    });
  }

  #invoke(frame: Frame & { kind: 'invoke' }): void {
    if (this.#client === '' || this.#calls.has(frame.call)) {
      throw coreError('MESSAGE_MALFORMED', 'a call before the hello, or a number of a call that runs');
    }
    const call = new SessionCall(frame, this, this.#itemWindow);
    this.#calls.set(frame.call, call);
    if (this.#calls.size > this.#options.maxCalls) {
      const limit = String(this.#options.maxCalls);
      call.failure(
        coreError(
          'CALLS_EXHAUSTED',
          `${limit} calls of this session are in flight already, as many as the server allows`,
        ),
      );
      return;
    }
    try {
      call.readInput();
    } catch (error) {
      call.failure(toRpcError(error)); // this call's alone: the session's frames are well
      return;
    }
    call.running = this.#options.dispatcher.begin(call, call);
  }

  #sendFailure(call: number, error: RpcError): void {
    try {
      this.#outbox.send(failureFrame(call, error, this.#options.sendStacks));
    } catch {
      this.#outbox.send(shortFailureFrame(call, error)); // it is larger than the client takes
    }
  }
}
