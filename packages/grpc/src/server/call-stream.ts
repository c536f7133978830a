import {
  type Deadline,
  type FullServerListener,
  Metadata,
  type ServerInterceptingCallInterface,
  status,
} from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import type { ServerHttp2Session } from 'node:http2';

import {
  type Caller,
  type CallMetadata,
  type CallSink,
  coreError,
  noMetadata,
  type RpcError,
  type RunningCall,
  toRpcError,
  correlationIdError,
} from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';
import { signatureInvalid } from '@patchbay/objects/identity';
import { callsExhausted, type SessionLimits } from '@patchbay/session/server';

import type { CallResponseInput } from '../generated/patchbay/v1/CallResponse.js';
import { addMetadata, metadataIn, onBehalfOfIn } from '../call-metadata.js';
import { toGrpcStatus } from '../status.js';
import { toValue } from '../value.js';
import { type KeyAccess, type KeyedUse, signatureIn } from './key-access.js';
import { type ReadCall, readCall } from './read-call.js';
import { http2StreamOf } from './session-stream.js';

/** How many items may wait to be sent before the method waits too. */
const maxUnsent = 16;

/** How many calls of one connection run, including those whose caller has left and whose method still runs. */
export interface CallCount {
  running: number;
}

/** What a call needs. */
export interface CallStreamOptions {
  /** Who is at the other end of the connection. */
  readonly caller: Caller;
  readonly dispatcher: Dispatcher;
  readonly limits: SessionLimits;
  readonly count: CallCount;
  /** Knows who has signed it. Default: nobody can. */
  readonly keys: KeyAccess | undefined;
}

/**
 * Serves one `Call` of ObjectServer. Like a session's stream it is an interceptor of grpc-js, whose own object streams
 * would cost a third of the server's work.
 */
export class CallStream implements CallSink {
  readonly #call: ServerInterceptingCallInterface;
  readonly #dispatcher: Dispatcher;
  readonly #caller: Caller;
  readonly #callId = randomUUID();
  #metadata: Metadata | undefined;
  readonly #limits: SessionLimits;
  readonly #count: CallCount;
  readonly #keys: KeyAccess | undefined;
  /** Where it was signed: by whom. */
  #signed: KeyedUse | undefined;
  #request: Buffer | undefined;
  #running: RunningCall | undefined;
  #unsent = 0;
  #resume: (() => void) | undefined;

  constructor(call: ServerInterceptingCallInterface, options: CallStreamOptions) {
    const { caller, dispatcher, limits, count, keys } = options;
    this.#call = call;
    this.#caller = caller;
    this.#dispatcher = dispatcher;
    this.#limits = limits;
    this.#count = count;
    this.#keys = keys;
  }

  listener(): FullServerListener {
    return {
      onReceiveMetadata: (metadata) => {
        this.#metadata = metadata;
        this.#call.startRead();
      },
      onReceiveMessage: (message) => {
        if (this.#request !== undefined) {
          this.#refuse('a second request');
          return;
        }
        this.#request = message as Buffer;
        this.#call.startRead();
      },
      onReceiveHalfClose: () => {
        if (this.#request === undefined) {
          this.#refuse('no request');
        } else {
          this.#begin(this.#request);
        }
      },
      onCancel: () => {
        // Called at the end of every call.
        if (this.#running?.ended === false) {
          this.#running.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
        }
      },
    };
  }

  item(value: unknown): Promise<void> | undefined {
    this.#unsent++;
    this.#call.sendMessage({ item: toValue(value, "the method's item") } satisfies CallResponseInput, () => {
      this.#unsent--;
      this.#wake();
    });
    if (this.#unsent < maxUnsent) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  result(value: unknown, metadata: CallMetadata): void {
    this.#call.sendMessage(
      { result: toValue(value, "the method's result") } satisfies CallResponseInput,
      () => undefined,
    );
    const trailer = metadata === noMetadata ? {} : { metadata: addMetadata(new Metadata(), metadata) };
    this.#call.sendStatus({ code: status.OK, details: 'OK', ...trailer });
  }

  failure(error: RpcError, _begun: boolean, metadata = noMetadata): void {
    const trailer = toGrpcStatus(error, this.#callId);
    addMetadata(trailer.metadata, metadata);
    this.#call.sendStatus(trailer);
    this.#wake();
  }

  done(): void {
    this.#count.running--;
    this.#keys?.release(this.#signed);
  }

  #begin(message: Buffer): void {
    const { maxCalls, maxValues } = this.#limits;
    try {
      if (this.#count.running >= maxCalls) {
        throw callsExhausted(maxCalls);
      }
      const request = readCall(message, maxValues);
      const correlationId = correlationIn(this.#metadata);
      const metadata = this.#metadata === undefined ? noMetadata : metadataIn(this.#metadata);
      const caller = this.#callerOf(request, message);
      this.#count.running++;
      this.#running = this.#dispatcher.begin(
        {
          object: request.object,
          method: request.method,
          get input() {
            return request.input;
          },
          caller,
          onBehalfOf: this.#metadata && onBehalfOfIn(this.#metadata),
          callId: this.#callId,
          correlationId,
          metadata,
          timeoutMs: remainingMs(this.#call.getDeadline()),
        },
        this,
      );
    } catch (error) {
      this.failure(toRpcError(error), false);
    }
  }

  /** Returns who has signed the call, else who is at the other end of the connection. @throws RpcError as `SignedCalls` */
  #callerOf({ object, method }: ReadCall, request: Buffer): Caller {
    const metadata = this.#metadata;
    if (metadata === undefined || signatureIn(metadata) === undefined) {
      return this.#caller;
    }
    const { session } = http2StreamOf(this.#call);
    const { peer } = this.#caller;
    this.#signed = this.#keys?.callerOf(
      metadata,
      { object, method, request },
      { peer, connection: session as ServerHttp2Session | undefined },
    );
    if (this.#signed === undefined) {
      throw signatureInvalid(); // this server knows no keys
    }
    return this.#signed.caller;
  }

  #refuse(what: string): void {
    this.#call.sendStatus({
      code: status.UNIMPLEMENTED,
      details: `a Call has one request; this had ${what}`,
    });
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

/** Returns the correlation id in the metadata of a call. @throws RpcError `ARGUMENT_INVALID` */
function correlationIn(metadata: Metadata | undefined): string | undefined {
  const given = metadata?.get('x-patchbay-correlation')[0]?.toString();
  const wrong = given === undefined ? undefined : correlationIdError(given);
  if (wrong !== undefined) {
    throw wrong;
  }
  return given;
}

/** Returns the time left until a gRPC deadline in milliseconds, at least 1; undefined for none. */
export function remainingMs(deadline: Deadline): number | undefined {
  const atMs = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(atMs) ? Math.max(1, Math.ceil(atMs - Date.now())) : undefined;
}
