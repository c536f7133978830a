import {
  type sendUnaryData,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

import { type Caller, toRpcError } from '@patchbay/objects';
import type { Dispatcher, HostedObject } from '@patchbay/objects/define';
import type { SessionLimits } from '@patchbay/session/server';

import { grpcTypes } from '../definitions.js';
import type { DescribeRequest } from '../generated/patchbay/v1/DescribeRequest.js';
import type { DescribeResponseInput } from '../generated/patchbay/v1/DescribeResponse.js';
import { toGrpcStatus } from '../status.js';
import { toStruct } from '../value.js';
import { type CallCount, CallStream } from './call-stream.js';
import { http2StreamOf } from './session-stream.js';

const sameBytes = (message: Buffer): Buffer => message;
const { ObjectServer } = grpcTypes.patchbay.v1;

/** The ObjectServer service, whose sessions have a codec of their own. */
export const objectServiceDefinition: ServiceDefinition = {
  ...ObjectServer.service,
  Session: { ...ObjectServer.service.Session, requestDeserialize: sameBytes, responseSerialize: sameBytes },
  Call: { ...ObjectServer.service.Call, requestDeserialize: sameBytes },
  Describe: { ...ObjectServer.service.Describe, responseSerialize: sameBytes },
};

/** Serves Describe and Call of ObjectServer through a dispatcher; SessionService serves Session. */
export class ObjectService {
  readonly #dispatcher: Dispatcher;
  #limits: SessionLimits;
  /** How many calls of each connection run. */
  readonly #running = new WeakMap<object, CallCount>();
  /** The encoded descriptions, as those who ask are all answered the same. */
  readonly #descriptions = new WeakMap<HostedObject, Buffer>();

  constructor(dispatcher: Dispatcher, limits: SessionLimits) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
  }

  limitTo(limits: SessionLimits): void {
    this.#limits = limits;
  }

  /** Takes over the stream of a Call. */
  serve(call: ServerInterceptingCallInterface, caller: Caller): ServerInterceptingCall {
    const connection = http2StreamOf(call).session ?? call;
    const count = this.#running.get(connection) ?? { running: 0 };
    this.#running.set(connection, count);
    const stream = new CallStream(call, caller, this.#dispatcher, this.#limits, count);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(stream.listener());
      },
    });
  }

  handlers(): UntypedServiceImplementation {
    return {
      Describe: (call: ServerUnaryCall<DescribeRequest, Buffer>, reply: sendUnaryData<Buffer>) => {
        try {
          const { object } = call.request;
          const names = object === '' ? this.#dispatcher.objects.names : [object];
          reply(null, Buffer.concat(names.map((name) => this.#describe(name)))); // each is one of repeated objects
        } catch (error) {
          reply(toGrpcStatus(toRpcError(error), undefined));
        }
      },
    };
  }

  /** @throws RpcError `OBJECT_NOT_FOUND` */
  #describe(name: string): Buffer {
    const { objects } = this.#dispatcher;
    const object = objects.find(name);
    let encoded = this.#descriptions.get(object);
    if (encoded === undefined) {
      const description = {
        objects: [toStruct({ ...objects.describe(name) })],
      } satisfies DescribeResponseInput;
      encoded = ObjectServer.service.Describe.responseSerialize(description);
      this.#descriptions.set(object, encoded);
    }
    return encoded;
  }
}
