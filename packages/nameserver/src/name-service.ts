import { randomUUID } from 'node:crypto';

import {
  grpcTypes,
  type InfoResponseInput,
  type LeaseResponseInput,
  type ListRequest,
  type ListResponseInput,
  type LookupRequest,
  type NameEventInput,
  type NameRecordInput,
  type RegisterRequest,
  type SetMetadataRequest,
  toGrpcStatus,
  type UnregisterRequest,
  type WatchRequest,
} from '@patchbay/grpc';
import type {
  GrpcService,
  handleBidiStreamingCall,
  RequesterOf,
  UntypedServiceImplementation,
} from '@patchbay/grpc/server';
import {
  type Lease,
  type NameEvent,
  type NamePage,
  type NameRecord,
  type NameServerInfo,
  nameServerObject,
} from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { decode, given, TypedFace, undecoded } from './typed-face.js';

const { service } = grpcTypes.patchbay.v1.NameServer;
/** The number of `RegisterRequest.claims`, whose metadata counts too. */
const claimsField = 3;

/** The typed face of the name server: calls of the object `nameserver` through the dispatch, one registry, one set of checks. */
export const nameService: GrpcService = {
  name: 'patchbay.v1.NameServer',
  file: 'patchbay/v1/nameserver.proto',
  definition: undecoded(service),
  handlers,
};

function handlers(dispatcher: Dispatcher, requesterOf: RequesterOf): UntypedServiceImplementation {
  const face = new TypedFace(nameServerObject, dispatcher, requesterOf);

  const keepAlive: handleBidiStreamingCall<Buffer, LeaseResponseInput> = (call) => {
    let asked = 0;
    let mayAsk = true;
    let failed = false;
    const endWhenAnswered = (): void => {
      if (asked === 0 && !mayAsk && !failed) {
        call.end();
      }
    };
    call.on('data', (request: Buffer) => {
      const callId = randomUUID();
      asked++;
      const values = (): readonly unknown[] => [decode(service.KeepAlive, request).leaseId];
      face.begin('keep_alive', values, call, callId, {
        item: () => undefined,
        result: (lease) => {
          asked--;
          if (!failed) {
            call.write(toLease(lease as Lease));
            endWhenAnswered();
          }
        },
        failure: (error) => {
          asked--;
          if (!failed) {
            failed = true;
            call.emit('error', toGrpcStatus(error, callId));
          }
        },
      });
    });
    call.on('end', () => {
      mayAsk = false;
      endWhenAnswered();
    });
  };

  return {
    Register: face.unary('register', service.Register, toRegister, toLease, (field) => field === claimsField),
    KeepAlive: keepAlive,
    Unregister: face.unary(
      'unregister',
      service.Unregister,
      (request: UnregisterRequest) => [request.leaseId],
      () => ({}),
    ),
    Lookup: face.unary('lookup', service.Lookup, (request: LookupRequest) => [request.name], toRecord),
    List: face.unary('list', service.List, toList, toPage),
    Watch: face.streaming(
      'watch',
      service.Watch,
      ({ prefix, fromRevision }: WatchRequest) => [{ prefix, fromRevision }],
      toEvent,
    ),
    SetMetadata: face.unary('set_metadata', service.SetMetadata, toSetMetadata, toRecord),
    Info: face.unary(
      'info',
      service.Info,
      () => [],
      (info: NameServerInfo): InfoResponseInput => ({ ...info, problem: info.problem ?? '' }),
    ),
  };
}

function toRegister(request: RegisterRequest): readonly unknown[] {
  const claims = request.claims.map(({ name, metadata, ...flags }) => ({ name, metadata, ...given(flags) }));
  return [
    request.serverId,
    request.address,
    claims,
    given({ ttlMs: request.ttlMs, socket: request.socket, machine: request.machine }),
  ];
}

function toLease({ lost = [], ...lease }: Lease): LeaseResponseInput {
  return { ...lease, lost };
}

function toList({ prefix, ...others }: ListRequest): readonly unknown[] {
  return [{ prefix, ...given(others) }];
}

function toSetMetadata(request: SetMetadataRequest): readonly unknown[] {
  const removals = request.remove.map((key) => [key, null] as const);
  return [request.name, { ...request.set, ...Object.fromEntries(removals) }];
}

function toRecord({ shared, endpoints, ...record }: NameRecord): NameRecordInput {
  // The messages leave out what is undefined; only their types do not say so.
  const servers = endpoints as NonNullable<NameRecordInput['endpoints']>;
  return { ...record, endpoints: servers, ...(shared === true && { shared }) };
}

function toPage(page: NamePage): ListResponseInput {
  return { names: page.names.map(toRecord), next: page.next ?? '', revision: page.revision };
}

function toEvent(event: NameEvent): NameEventInput {
  const types = { registered: 'REGISTERED', changed: 'CHANGED', removed: 'REMOVED' } as const;
  return { type: types[event.type], record: toRecord(event.record), revision: event.revision };
}
