import {
  type FullServerListener,
  type Metadata,
  type ServerInterceptingCallInterface,
  status,
} from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';

import {
  type CallSink,
  coreError,
  type Dispatcher,
  type RpcError,
  type RunningCall,
  toRpcError,
  correlationIdError,
} from '@patchbay/objects';

import { type CallRequest } from '../generated/patchbay/v1/CallRequest.js';
import { type CallResponseInput } from '../generated/patchbay/v1/CallResponse.js';
import { toGrpcStatus } from '../status.js';
import { fromValue, toValue } from '../value.js';
import { remainingMs } from './remaining.js';

/** How many items may wait to be sent until the method waits too. */
const mostUnsent = 16;

/**
 * Serves one `Call` of ObjectServer. Like a session's stream it stands where grpc-js has the messages first: the
 * streams of objects that it would make of them cost a third of the server's part.
 */
export class CallStream implements CallSink {
  readonly #call: ServerInterceptingCallInterface;
  readonly #dispatcher: Dispatcher;
  readonly #callId = randomUUID();
  #metadata: Metadata | undefined;
  #request: CallRequest | undefined;
  #running: RunningCall | undefined;
  #unsent = 0;
  #resume: (() => void) | undefined;

  constructor(call: ServerInterceptingCallInterface, dispatcher: Dispatcher) {
    this.#call = call;
    this.#dispatcher = dispatcher;
  }

  /** Hears what comes from the client. */
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
        this.#request = message as CallRequest;
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
        // Told at the end of every call.
        if (this.#running?.ended === false) {
          this.#running.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
        }
      },
    };
  }

  item(value: unknown): Promise<void> | undefined {
    this.#unsent++;
    this.#send({ item: toValue(value) }, () => {
      this.#unsent--;
      this.#wake();
    });
    if (this.#unsent < mostUnsent) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  result(value: unknown): void {
    this.#send({ result: toValue(value) }, () => undefined);
    this.#call.sendStatus({ code: status.OK, details: 'OK' });
  }

  failure(error: RpcError): void {
    this.#call.sendStatus(toGrpcStatus(error, this.#callId));
    this.#wake();
  }

  #begin({ object, method, arguments: values }: CallRequest): void {
    try {
      this.#running = this.#dispatcher.begin(
        {
          object,
          method,
          input: { values: values.map(fromValue) },
          caller: { peer: this.#call.getPeer() },
          callId: this.#callId,
          correlationId: correlationIn(this.#metadata),
          timeoutMs: remainingMs(this.#call.getDeadline()),
        },
        this,
      );
    } catch (error) {
      this.failure(toRpcError(error));
    }
  }

  #refuse(what: string): void {
    this.#call.sendStatus({
      code: status.UNIMPLEMENTED,
      details: `a Call has one request; this had ${what}`,
    });
  }

  #send(response: CallResponseInput, onSent: () => void): void {
    this.#call.sendMessage(response, onSent);
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

/** Gives the correlation id that a caller sent beside its call. @throws RpcError `ARGUMENT_INVALID` */
function correlationIn(metadata: Metadata | undefined): string | undefined {
  const given = metadata?.get('x-patchbay-correlation')[0]?.toString();
  const wrong = given === undefined ? undefined : correlationIdError(given);
  if (wrong !== undefined) {
    throw wrong;
  }
  return given;
}
