import {
  type sendUnaryData,
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
import { StreamSink } from './stream-sink.js';

const sameBytes = (message: Buffer): Buffer => message;
const { ObjectServer } = grpcTypes.patchbay.v1;

/** The ObjectServer service, whose sessions are read and written by this project's own codec. */
export const objectServiceDefinition: ServiceDefinition = {
  ...ObjectServer.service,
  Session: { ...ObjectServer.service.Session, requestDeserialize: sameBytes, responseSerialize: sameBytes },
};

/** Serves Describe and Call of ObjectServer by a dispatcher; its sessions have a service of their own. */
export class ObjectService {
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
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
    };
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
}
