import {
  type sendUnaryData,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

import { toRpcError } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { grpcTypes } from '../definitions.js';
import type { DescribeRequest } from '../generated/patchbay/v1/DescribeRequest.js';
import type { DescribeResponseInput } from '../generated/patchbay/v1/DescribeResponse.js';
import { toGrpcStatus } from '../status.js';
import { toStruct } from '../value.js';
import { CallStream } from './call-stream.js';

const sameBytes = (message: Buffer): Buffer => message;
const { ObjectServer } = grpcTypes.patchbay.v1;

/** The ObjectServer service, whose sessions have a codec of their own. */
export const objectServiceDefinition: ServiceDefinition = {
  ...ObjectServer.service,
  Session: { ...ObjectServer.service.Session, requestDeserialize: sameBytes, responseSerialize: sameBytes },
};

/** Serves Describe and Call of ObjectServer through a dispatcher; SessionService serves Session. */
export class ObjectService {
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  /** Takes over the streams of Call, and passes on every other call. */
  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    if (path !== ObjectServer.service.Call.path) {
      return new ServerInterceptingCall(call);
    }
    const stream = new CallStream(call, this.#dispatcher);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(stream.listener());
      },
    });
  };

  handlers(): UntypedServiceImplementation {
    return {
      Describe: (
        call: ServerUnaryCall<DescribeRequest, DescribeResponseInput>,
        reply: sendUnaryData<DescribeResponseInput>,
      ) => {
        try {
          const { object } = call.request;
          const names = object === '' ? this.#dispatcher.objects.names : [object];
          reply(null, { objects: names.map((name) => toStruct({ ...this.#dispatcher.describe(name) })) });
        } catch (error) {
          reply(toGrpcStatus(toRpcError(error), undefined));
        }
      },
    };
  }
}
