import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';

import { toGrpcStatus } from '@patchbay/grpc';
import {
  type GrpcService,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type HandledCall,
  MessageReader,
  remainingMs,
  type RequesterOf,
  StreamSink,
} from '@patchbay/grpc/server';
import { type CallSink, coreError, type RunningCall, tooManyValues } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { nameServerLimits } from './limits.js';

/** What reads the requests of a method. */
export interface Decoder<Request> {
  requestDeserialize(message: Buffer): Request;
}

/** A call that a handler serves. */
export interface TypedCall extends EventEmitter, HandledCall {
  getDeadline(): Date | number;
}

const sameBytes = (message: Buffer): Buffer => message;
const nowhere = (): boolean => false;

/** Returns the definition of a service whose requests its handlers decode, behind a check of how much there is. */
export function undecoded(service: GrpcService['definition']): GrpcService['definition'] {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [name, { ...method, requestDeserialize: sameBytes }]),
  );
}

/**
 * The typed face of an object: handlers of a gRPC service that call its methods through the dispatch, with one set of
 * checks.
 */
export class TypedFace {
  readonly #object: string;
  readonly #dispatcher: Dispatcher;
  readonly #requesterOf: RequesterOf;

  constructor(object: string, dispatcher: Dispatcher, requesterOf: RequesterOf) {
    this.#object = object;
    this.#dispatcher = dispatcher;
    this.#requesterOf = requesterOf;
  }

  /** Begins a call. @param values returns its arguments, or throws what is wrong with the request */
  begin(
    method: string,
    values: () => readonly unknown[],
    call: TypedCall,
    callId: string,
    sink: CallSink,
  ): RunningCall {
    return this.#dispatcher.begin(
      {
        object: this.#object,
        method,
        get input() {
          return { values: values() };
        },
        ...this.#requesterOf(call),
        callId,
        timeoutMs: remainingMs(call.getDeadline()),
      },
      sink,
    );
  }

  /**
   * Returns the handler of a call with one answer.
   *
   * @param nested as of `decode`
   */
  unary<Request, Result, Response>(
    method: string,
    rpc: Decoder<Request>,
    toArguments: (request: Request) => readonly unknown[],
    toResponse: (result: Result) => Response,
    nested = nowhere as (field: number) => boolean,
  ): handleUnaryCall<Buffer, Response> {
    return (call, reply) => {
      const callId = randomUUID();
      const values = (): readonly unknown[] => toArguments(decode(rpc, call.request, nested));
      const running = this.begin(method, values, call, callId, {
        item: () => undefined,
        result: (result) => {
          reply(null, toResponse(result as Result));
        },
        failure: (error) => {
          reply(toGrpcStatus(error, callId));
        },
      });
      cancelWith(call, running);
    };
  }

  /** Returns the handler of a call that streams what the method yields. */
  streaming<Request, Item, Response>(
    method: string,
    rpc: Decoder<Request>,
    toArguments: (request: Request) => readonly unknown[],
    toResponse: (item: Item) => Response,
  ): handleServerStreamingCall<Buffer, Response> {
    return (call) => {
      const callId = randomUUID();
      const values = (): readonly unknown[] => toArguments(decode(rpc, call.request));
      const sink = new StreamSink<Response>(
        call,
        callId,
        (item) => toResponse(item as Item),
        () => undefined,
      );
      cancelWith(call, this.begin(method, values, call, callId, sink));
    };
  }
}

function cancelWith(call: TypedCall, running: RunningCall): void {
  call.on('cancelled', () => {
    running.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
  });
}

/**
 * Decodes a request that does not hold more than any legitimate one.
 *
 * @param nested reports whether the fields of a field's messages count, too
 * @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_COMPLEX`
 */
export function decode<Request>(
  rpc: Decoder<Request>,
  message: Buffer,
  nested = nowhere as (field: number) => boolean,
): Request {
  const { maxValues } = nameServerLimits;
  const reader = new MessageReader(message);
  let fields = 0;
  const count = (within: (field: number) => boolean): void => {
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (++fields > maxValues) {
        throw tooManyValues(maxValues);
      }
      if (within(field)) {
        const end = reader.enter();
        count(nowhere);
        reader.leave(end);
      } else {
        reader.skip();
      }
    }
  };
  count(nested);
  return rpc.requestDeserialize(message);
}

/** Leaves out the fields that have their type's default, as those have that the caller did not set. */
export function given(fields: object): object {
  const defaults: unknown[] = ['', 0, false];
  const entries = Object.entries(fields) as [string, unknown][];
  const set = entries.filter(
    ([, value]) => !(Array.isArray(value) ? value.length === 0 : defaults.includes(value)),
  );
  return Object.fromEntries(set);
}
