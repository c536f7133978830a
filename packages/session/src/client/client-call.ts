import {
  type Call,
  type CallMetadata,
  type Clock,
  deadlinePassed,
  type Expiring,
  isRpcError,
  metadataError,
  noMetadata,
  type RpcError,
  type TimeLimit,
} from '@patchbay/objects';

import { type Arguments, calledName } from '../protocol/frame.js';
import { windowItems } from '../protocol/flow-window.js';
import { ItemQueue } from '../protocol/item-queue.js';
import { CallPromise, type PromisedCall } from './call-promise.js';
import { rejectionFor } from '../protocol/caller-frames.js';
import { cancellation, notSentInTime } from './cancellation.js';
import type { Deprecations } from './deprecations.js';
import type { ExportedArguments } from './exported-arguments.js';
import type { HandleCaller, ObjectHandle } from './object-handle.js';
import type { RequestOptions } from './request-options.js';

/** What a server may send of each call's items ahead of their reader: 256 KiB, in few items. */
export const itemWindow = { bytes: 256 * 1024, items: windowItems };

export interface CallRequest {
  /** The object's name; of one that was handed out, or will be, its label in messages. */
  readonly object: string;
  readonly method: string;
  readonly input: Arguments;
  readonly options: RequestOptions;
  readonly exports?: ExportedArguments | undefined;
  /** The object that was handed out, or the call that returns it; absent where the object has a name. */
  readonly target?: ObjectHandle | ClientCall | undefined;
}

/** What carries a call at the moment: a session, or whatever prepares one. */
export interface CallCarrier {
  /** Stops carrying the call because its caller no longer waits. */
  abandon(call: ClientCall): void;
  /** Lets the server send this much more of the call's items. */
  grant(call: ClientCall, bytes: number, items: number): void;
}

export interface CallHost extends HandleCaller<ObjectHandle | ClientCall> {
  /** The client's id, with which call ids begin. */
  readonly id: string;
  readonly clock: Clock;
  readonly deprecations: Deprecations;
  ended(call: ClientCall): void;
  /** Notes that the time limit of a call has changed. */
  limited(call: ClientCall): void;
  /** Returns the number of the next call, or of the next attempt of one. */
  nextNumber(): number;
  /** Returns how much time a call has left, in milliseconds; `Infinity` for no limit. */
  leftMs(call: ClientCall): number;
}

/** A call from its making to its end, over whatever session carries it. */
export class ClientCall implements PromisedCall, Expiring {
  readonly request: CallRequest;
  /** Of the current attempt: most calls keep their first. */
  number: number;
  /** The time limit that this side keeps; undefined: none, as the server keeps the method's. */
  timeoutMs: TimeLimit | undefined;
  expiresAtMs: number;
  deadlineIndex = -1;
  readonly host: CallHost;
  readonly promise: CallPromise;
  carrier: CallCarrier | undefined;
  endpoint: string | undefined;
  /** One clause on what it waits for before it can be sent; undefined when it was sent, or waits for nothing. */
  waitsFor: string | undefined;
  /** Why the server refused to begin it yet: what it fails with when its time ends before it is sent again. */
  refusal: RpcError | undefined;
  /** `unsent` calls may begin elsewhere; `sent` ones may have run; of `answered` ones the caller has seen something. */
  progress: 'unsent' | 'sent' | 'answered' = 'unsent';
  /** Whether a server that received it was lost without an answer: it may have run. */
  mayHaveRun = false;
  /** Whether it may run twice, as the server that it was lost with declared. */
  idempotent = false;
  /** How often its connection was lost while it ran. */
  losses = 0;
  /** How often it has waited to be sent again. */
  pauses = 0;
  /** What the call ended with: the object that it returned, where its result is one, or its error. */
  outcome: ObjectHandle | RpcError | undefined;
  responseMetadata = noMetadata;
  /** Keeps the functions that the method subscribed to; undefined while it has to none. */
  keeper: { releaseAll(): void } | undefined;
  #released: Promise<RpcError | undefined> | undefined;
  #resolveReleased: ((error: RpcError | undefined) => void) | undefined;
  #lostWith: RpcError | undefined;
  #ended = false;
  #awaited = false;
  #items: ItemQueue | undefined;
  #resolve: ((result: unknown) => void) | undefined;
  #forgetSignal: (() => void) | undefined;
  #followers: (() => void)[] | undefined;

  constructor(request: CallRequest, timeoutMs: TimeLimit | undefined, host: CallHost) {
    this.request = request;
    this.number = host.nextNumber();
    this.timeoutMs = timeoutMs;
    this.expiresAtMs = expiryOf(timeoutMs, host.clock);
    this.host = host;
    this.promise = new CallPromise(this, (resolve) => {
      this.#resolve = resolve;
    });
  }

  get callId(): string {
    return `${this.host.id}-${String(this.number)}`;
  }

  get correlationId(): string {
    return this.request.options.correlationId ?? this.callId;
  }

  get metadata(): CallMetadata {
    return this.request.options.metadata ?? noMetadata;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Names the call in messages, such as `storage.provision`. */
  get title(): string {
    return calledName(this.request);
  }

  /** Cancels the call when the signal aborts; stops listening to the signal when the call has ended. */
  cancelOn(signal: AbortSignal): void {
    const cancel = (): void => {
      this.cancel(signal.reason);
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#forgetSignal = () => {
      signal.removeEventListener('abort', cancel);
    };
    if (signal.aborted) {
      cancel();
    }
  }

  /** Sets a time limit, as the server keeps none. */
  limitTo(timeoutMs: number): void {
    this.timeoutMs = timeoutMs;
    this.expiresAtMs = expiryOf(timeoutMs, this.host.clock);
    this.host.limited(this);
  }

  pipeline(method: string, args: readonly unknown[], isRead: boolean): Call<unknown, unknown> {
    return this.host.callOn(this, method, args, { ...this.request.options, isRead });
  }

  /** Runs an action once the call has been sent, or has ended without. */
  follow(action: () => void): void {
    (this.#followers ??= []).push(action);
  }

  releaseFollowers(): void {
    if (this.#followers !== undefined) {
      const followers = this.#followers;
      this.#followers = undefined;
      for (const action of followers) {
        action();
      }
    }
  }

  dropItemsUnlessRead(): void {
    this.#awaited = true;
    this.#items?.dropUnlessRead();
  }

  readItems(): AsyncIterator<unknown, undefined> {
    return this.#itemQueue().read(() => {
      this.cancel();
    });
  }

  cancel(reason?: unknown): void {
    if (!this.#ended) {
      this.giveUp(cancellation(this.title, reason, this.callId));
    } else {
      this.keeper?.releaseAll();
    }
  }

  get released(): Promise<RpcError | undefined> {
    this.#released ??= new Promise((resolve) => {
      this.#resolveReleased = resolve;
      this.#settleReleased();
    });
    return this.#released;
  }

  /** Notes that the method keeps none of the functions. @param error why, if their session was lost */
  letGo(error: RpcError | undefined): void {
    this.keeper = undefined;
    this.#lostWith ??= error;
    this.#settleReleased();
  }

  #settleReleased(): void {
    if (this.#ended && this.keeper === undefined) {
      this.#forgetSignal?.();
      this.#resolveReleased?.(this.#lostWith);
    }
  }

  expire(): void {
    if (!this.#ended) {
      const limitOf = this.request.options.timeoutMs === undefined ? 'client' : 'call';
      const passed =
        this.waitsFor === undefined
          ? deadlinePassed(this.title, Number(this.timeoutMs), limitOf, this.callId)
          : notSentInTime(this.title, this.waitsFor, this.callId);
      this.giveUp((this.progress === 'unsent' ? this.refusal : undefined) ?? passed);
    }
  }

  /** Takes the metadata of the answer; drops what no server may send. */
  takeMetadata(metadata = noMetadata): void {
    if (metadata !== noMetadata && metadataError(metadata) === undefined) {
      this.responseMetadata = metadata;
      this.host.deprecations.note(this);
    }
  }

  /** Takes an item that the method yielded; `bytes` is what it counts against the item window. */
  deliver(item: unknown, bytes: number): void {
    this.progress = 'answered';
    if (!this.#ended) {
      this.#itemQueue().push(item, bytes);
    }
  }

  succeed(result: unknown): void {
    if (this.#end()) {
      this.#resolve?.(result);
      this.#items?.end(undefined);
      this.releaseFollowers();
    }
  }

  fail(error: RpcError): void {
    if (this.#end()) {
      this.keeper?.releaseAll();
      this.outcome = error;
      this.#resolve?.(rejectionFor(error, this.promise));
      this.#items?.end(error);
      this.releaseFollowers();
    }
  }

  /** Fails the call for a reason of this side, and has the server stop it. */
  giveUp(error: RpcError): void {
    if (!this.#ended) {
      const { carrier } = this;
      this.fail(error);
      carrier?.abandon(this);
    }
  }

  #end(): boolean {
    if (this.#ended) {
      return false;
    }
    this.#ended = true;
    this.host.ended(this);
    this.#settleReleased();
    return true;
  }

  #itemQueue(): ItemQueue {
    if (this.#items === undefined) {
      this.#items = new ItemQueue(itemWindow, (bytes, items) => {
        if (!this.#ended) {
          this.carrier?.grant(this, bytes, items);
        }
      });
      if (this.#awaited) {
        this.#items.dropUnlessRead();
      }
      if (this.#ended) {
        this.#items.end(isRpcError(this.outcome) ? this.outcome : undefined); // it ended before it was read
      }
    }
    return this.#items;
  }
}

function expiryOf(timeoutMs: TimeLimit | undefined, clock: Clock): number {
  return typeof timeoutMs === 'number' ? clock.monotonicMs() + timeoutMs : Infinity;
}
