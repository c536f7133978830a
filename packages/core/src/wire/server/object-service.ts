import {
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';

import { toRpcError } from '../../errors/to-rpc-error.js';
import { type Dispatcher } from '../../object/dispatcher.js';
import { coreError } from '../../errors/core-errors.js';
import { grpcTypes } from '../definitions.js';
import { type CallRequest } from '../generated/patchbay/v1/CallRequest.js';
import { type CallResponseInput } from '../generated/patchbay/v1/CallResponse.js';
import { type DescribeRequest } from '../generated/patchbay/v1/DescribeRequest.js';
import { type DescribeResponseInput } from '../generated/patchbay/v1/DescribeResponse.js';
import { toGrpcStatus } from '../status.js';
import { fromValue, toStruct, toValue } from '../value.js';
import { remainingMs } from './remaining.js';
import { ServerSession } from './server-session.js';
import { StreamSink } from './stream-sink.js';

/** How an object server treats its sessions. */
export interface SessionLimits {
  /** How many calls one session may have in flight. */
  readonly maxCalls: number;
  /** Whether a failure carries the server's stack to the caller. */
  readonly sendStacks: boolean;
}

const sameBytes = (message: Buffer): Buffer => message;
const { ObjectServer } = grpcTypes.patchbay.v1;

/** The ObjectServer service, whose sessions are read and written by this project's own codec. */
export const objectServiceDefinition: ServiceDefinition = {
  ...ObjectServer.service,
  Session: { ...ObjectServer.service.Session, requestDeserialize: sameBytes, responseSerialize: sameBytes },
};

/** Serves ObjectServer by a dispatcher. */
export class ObjectService {
  readonly #dispatcher: Dispatcher;
  readonly #limits: SessionLimits;
  readonly #sessions = new Map<ServerDuplexStream<Buffer, Buffer>, ServerSession>();

  constructor(dispatcher: Dispatcher, limits: SessionLimits) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
  }

  /** The handlers, as grpc-js takes them. */
  handlers(): UntypedServiceImplementation {
    return {
      Describe: (
        call: ServerUnaryCall<DescribeRequest, DescribeResponseInput>,
        reply: sendUnaryData<DescribeResponseInput>,
      ) => {
        this.#describe(call, reply);
      },
      Call: (call: ServerWritableStream<CallRequest, CallResponseInput>) => {
        this.#call(call);
      },
      Session: (stream: ServerDuplexStream<Buffer, Buffer>) => {
        this.#session(stream);
      },
    };
  }

  /** Ends every session, so that clients look for the object elsewhere. */
  endSessions(): void {
    for (const [stream, session] of this.#sessions) {
      session.flush(); // answers of this turn are not written yet
      session.close();
      stream.end();
    }
  }

  #describe(
    call: ServerUnaryCall<DescribeRequest, DescribeResponseInput>,
    reply: sendUnaryData<DescribeResponseInput>,
  ): void {
    try {
      const names = call.request.object === '' ? this.#dispatcher.names : [call.request.object];
      reply(null, { objects: names.map((name) => toStruct({ ...this.#dispatcher.describe(name) })) });
    } catch (error) {
      reply(toGrpcStatus(toRpcError(error), undefined));
    }
  }

  #call(call: ServerWritableStream<CallRequest, CallResponseInput>): void {
    const callId = randomUUID();
    const sink = new StreamSink<CallResponseInput>(
      call,
      callId,
      (value) => ({ item: toValue(value) }),
      (value) => ({ result: toValue(value) }),
    );
    try {
      const running = this.#dispatcher.begin(
        {
          object: call.request.object,
          method: call.request.method,
          input: { values: call.request.arguments.map(fromValue) },
          caller: { peer: call.getPeer() },
          callId,
          timeoutMs: remainingMs(call.getDeadline()),
        },
        sink,
      );
      call.on('cancelled', () => {
        running.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
      });
    } catch (error) {
      sink.failure(toRpcError(error));
    }
  }

  #session(stream: ServerDuplexStream<Buffer, Buffer>): void {
    const session = new ServerSession({
      ...this.#limits,
      dispatcher: this.#dispatcher,
      caller: { peer: stream.getPeer() },
      write: (message) => {
        // A client that does not read its answers is given no new ones to wait for.
        if (!stream.write(message) && !stream.isPaused()) {
          stream.pause();
          stream.once('drain', () => stream.resume());
        }
      },
    });
    this.#sessions.set(stream, session);
    const close = (): void => {
      this.#sessions.delete(stream);
      session.close();
    };
    stream.on('data', (message: Buffer) => {
      try {
        session.receive(message);
      } catch (error) {
        this.#dispatcher.log.warn('a client broke the protocol of its session', {
          peer: stream.getPeer(),
          error,
        });
        close();
        stream.emit('error', toGrpcStatus(toRpcError(error), undefined));
      }
    });
    stream.on('end', () => {
      close();
      stream.end();
    });
    stream.on('cancelled', close);
    stream.on('error', close);
  }
}
