import {
  type sendUnaryData,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

import { type Caller, toRpcError } from '@patchbay/objects';
import {
  describeObject,
  type Dispatcher,
  type HostedObject,
  type Requester,
  type VisibleObject,
} from '@patchbay/objects/define';
import type { SessionLimits } from '@patchbay/session/server';

import { grpcTypes } from '../definitions.js';
import type { DescribeRequest } from '../generated/patchbay/v1/DescribeRequest.js';
import type { DescribeResponseInput } from '../generated/patchbay/v1/DescribeResponse.js';
import { toGrpcStatus } from '../status.js';
import { toStruct } from '../value.js';
import type { RequesterOf } from './callers.js';
import { type CallCount, CallStream } from './call-stream.js';
import type { KeyAccess } from './key-access.js';
import { http2StreamOf } from './session-stream.js';

/** How many descriptions of an object are kept, one for each set of methods that some caller may see. */
const maxDescriptions = 16;

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
  readonly #keys: KeyAccess | undefined;
  #limits: SessionLimits;
  /** How many calls of each connection run. */
  readonly #running = new WeakMap<object, CallCount>();
  /** The encoded descriptions, by which methods are in them. */
  readonly #descriptions = new WeakMap<HostedObject, Map<string, Buffer>>();

  constructor(dispatcher: Dispatcher, limits: SessionLimits, keys: KeyAccess | undefined) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
    this.#keys = keys;
  }

  limitTo(limits: SessionLimits): void {
    this.#limits = limits;
  }

  /** Takes over the stream of a Call. */
  serve(call: ServerInterceptingCallInterface, caller: Caller): ServerInterceptingCall {
    const connection = http2StreamOf(call).session ?? call;
    const count = this.#running.get(connection) ?? { running: 0 };
    this.#running.set(connection, count);
    const stream = new CallStream(call, {
      ...{ caller, count, dispatcher: this.#dispatcher, limits: this.#limits },
      keys: this.#keys,
    });
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next(stream.listener());
      },
    });
  }

  handlers(requesterOf: RequesterOf): UntypedServiceImplementation {
    return {
      Describe: (call: ServerUnaryCall<DescribeRequest, Buffer>, reply: sendUnaryData<Buffer>) => {
        this.#describe(requesterOf(call), call.request.object).then(
          (encoded) => {
            reply(null, encoded);
          },
          (error: unknown) => {
            reply(toGrpcStatus(toRpcError(error), undefined));
          },
        );
      },
    };
  }

  /** @throws RpcError as `AccessControl.see` */
  async #describe(requester: Requester, name: string): Promise<Buffer> {
    const { access } = this.#dispatcher;
    const visible = name === '' ? await access.seeAll(requester) : [await access.see(requester, name)];
    return Buffer.concat(visible.map((each) => this.#encode(each))); // each is one of repeated objects
  }

  #encode({ object, members }: VisibleObject): Buffer {
    const key = members.join(' ');
    const descriptions = this.#descriptions.get(object) ?? new Map<string, Buffer>();
    this.#descriptions.set(object, descriptions);
    let encoded = descriptions.get(key);
    if (encoded === undefined) {
      const described = describeObject(object.label, object.definition, (member) => members.includes(member));
      const response = { objects: [toStruct({ ...described })] } satisfies DescribeResponseInput;
      encoded = ObjectServer.service.Describe.responseSerialize(response);
      if (descriptions.size >= maxDescriptions) {
        descriptions.delete(descriptions.keys().next().value as string);
      }
      descriptions.set(key, encoded);
    }
    return encoded;
  }
}
