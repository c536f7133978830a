import { codeOfGrpcStatus } from '../../errors/code.js';
import { coreError } from '../../errors/core-errors.js';
import { RpcError } from '../../errors/rpc-error.js';
import { toRpcError } from '../../errors/to-rpc-error.js';
import { type Frame } from '../session/frame.js';
import { Inbox } from '../session/inbox.js';
import { defaultMaxFrameBytes, messageBytes, Outbox } from '../session/outbox.js';
import { decodePayload, payloadBytes } from '../session/payload.js';
import { type CallCarrier, type ClientCall } from './client-call.js';

/** How many bytes of items a server may send ahead of its reader, for each call: 256 KiB. */
const itemWindow = 256 * 1024;

/** The transport under a session: messages in order, both ways. */
export interface MessageStream {
  /** How much room each message leaves in front, for a prefix that the stream writes. */
  readonly headroomBytes: number;
  write(message: Buffer): void;
  /** Ends the stream: whatever is under way on it is cancelled. */
  end(): void;
}

/** Takes a call that its session lost: the connection broke before its end. */
export type LostCallHandler = (call: ClientCall, error: RpcError, address: string) => void;

/** What a session tells of itself. */
export interface SessionEvents {
  /** The server said hello: calls may go out. */
  readonly onOpen: () => void;
  /** The session is over, or never came to be; told once, before its calls are. */
  readonly onEnd: (error: RpcError) => void;
  readonly onLostCall: LostCallHandler;
}

/** The client's end of one session: calls go out, answers find their calls again. */
export class ClientSession implements CallCarrier, AsyncDisposable {
  readonly address: string;
  readonly #stream: MessageStream;
  readonly #outbox: Outbox;
  readonly #inbox = new Inbox(defaultMaxFrameBytes);
  readonly #calls = new Map<number, ClientCall>();
  readonly #events: SessionEvents;
  #maxCalls = Infinity;
  #lost: RpcError | undefined;

  constructor(address: string, client: string, stream: MessageStream, events: SessionEvents) {
    this.address = address;
    this.#stream = stream;
    this.#events = events;
    this.#outbox = new Outbox((message) => {
      stream.write(message);
    }, stream.headroomBytes);
    const maxFrameBytes = defaultMaxFrameBytes;
    this.#outbox.send({ kind: 'hello', client, maxCalls: 0, itemWindow, maxFrameBytes });
  }

  /** Whether the session can carry calls no more. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  get callsInFlight(): number {
    return this.#calls.size;
  }

  /** Sends a call; `timeoutMs` is what it has left, 0 for no limit. */
  carry(call: ClientCall, timeoutMs: number): void {
    if (this.#lost !== undefined) {
      this.#events.onLostCall(call, this.#lost, this.address);
      return;
    }
    if (this.#calls.size >= this.#maxCalls) {
      const limit = String(this.#maxCalls);
      call.fail(
        coreError(
          'CALLS_EXHAUSTED',
          `${limit} calls to ${this.address} are in flight already, as many as it allows`,
        ),
      );
      return;
    }
    call.carrier = this;
    call.progress = 'sent';
    this.#calls.set(call.number, call);
    const { object, method, input } = call.request;
    try {
      this.#outbox.send({ kind: 'invoke', call: call.number, object, method, input, timeoutMs });
    } catch (error) {
      this.#calls.delete(call.number);
      call.fail(toRpcError(error));
    }
  }

  abandon(call: ClientCall): void {
    if (this.#calls.delete(call.number)) {
      this.#outbox.send({ kind: 'cancel', call: call.number });
    }
  }

  grant(call: ClientCall, bytes: number): void {
    if (this.#calls.has(call.number)) {
      this.#outbox.send({ kind: 'credit', call: call.number, bytes });
    }
  }

  /** Takes one message from the server. */
  receive(message: Buffer): void {
    try {
      for (const frame of this.#inbox.receive(message)) {
        this.#take(frame);
      }
    } catch (error) {
      this.lose(toRpcError(error));
      this.#stream.end();
    }
  }

  /** Takes the end of the stream: every call that is under way is lost. */
  lose(error: RpcError): void {
    if (this.#lost !== undefined) {
      return;
    }
    this.#lost = error;
    this.#events.onEnd(error);
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      call.carrier = undefined;
      this.#events.onLostCall(call, error, this.address);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#outbox.flush(); // what was said last, such as a cancel, still goes out
    this.#stream.end();
    this.lose(coreError('CONNECTION_LOST', `the session with ${this.address} was closed`));
    return Promise.resolve();
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'result':
        this.#read(this.#finish(frame.call), (call) => {
          call.succeed(decodePayload(frame.value));
        });
        return;
      case 'failure': {
        this.#read(this.#finish(frame.call), (call) => {
          this.#fail(call, errorOf(frame, call.callId));
        });
        return;
      }
      case 'item':
        this.#read(this.#calls.get(frame.call), (call) => {
          call.deliver(decodePayload(frame.value), payloadBytes(frame.value));
        });
        return;
      case 'hello':
        this.#maxCalls = frame.maxCalls === 0 ? Infinity : frame.maxCalls;
        this.#outbox.peerMaxFrameBytes = Math.max(frame.maxFrameBytes, messageBytes);
        this.#events.onOpen();
        return;
      case 'invoke':
      case 'cancel':
      case 'credit':
      case 'chunk':
        throw coreError(
          'MESSAGE_MALFORMED',
          `${this.address} sent a frame of kind ${frame.kind}, which a server does not`,
        );
      default:
        frame satisfies never;
    }
  }

  /** Reads an answer for its call, where it still waits; an answer that cannot be read fails that call alone. */
  #read(call: ClientCall | undefined, read: (call: ClientCall) => void): void {
    if (call === undefined) {
      return;
    }
    try {
      read(call);
    } catch (error) {
      call.fail(toRpcError(error));
      this.abandon(call);
    }
  }

  /** Gives the call that an answer ends; none when its caller has left. */
  #finish(number: number): ClientCall | undefined {
    const call = this.#calls.get(number);
    this.#calls.delete(number);
    return call;
  }

  #fail(call: ClientCall, error: RpcError): void {
    if (error.reason === 'SERVER_DRAINING') {
      call.progress = 'unsent'; // the server says that it did not begin
      this.#events.onLostCall(call, error, this.address);
    } else {
      call.fail(error);
    }
  }
}

function errorOf(frame: Frame & { kind: 'failure' }, callId: string): RpcError {
  const details = decodePayload({ json: frame.details, attachments: [] });
  return new RpcError(codeOfGrpcStatus(frame.code), frame.reason, frame.message, {
    details: typeof details === 'object' && details !== null ? { ...details } : {},
    callId,
    ...(frame.stack === '' ? {} : { remoteStack: frame.stack }),
  });
}
