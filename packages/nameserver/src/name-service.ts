import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';

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
} from '@patchbay/grpc';
import {
  type RequesterOf,
  type GrpcService,
  type handleBidiStreamingCall,
  type HandledCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  MessageReader,
  remainingMs,
  StreamSink,
  type UntypedServiceImplementation,
} from '@patchbay/grpc/server';
import {
  type CallSink,
  coreError,
  type Lease,
  type NameEvent,
  type NamePage,
  type NameRecord,
  type NameServerInfo,
  nameServerObject,
  type RunningCall,
  tooManyValues,
} from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { nameServerLimits } from './limits.js';

const { service } = grpcTypes.patchbay.v1.NameServer;
/** The number of `RegisterRequest.claims`, whose metadata counts too. */
const claimsField = 3;
const sameBytes = (message: Buffer): Buffer => message;

interface Decoder<Request> {
  requestDeserialize(message: Buffer): Request;
}

/** The typed face of the name server: calls of the object `nameserver` through the dispatch, one registry, one set of checks. */
export const nameService: GrpcService = {
  name: 'patchbay.v1.NameServer',
  file: 'patchbay/v1/nameserver.proto',
  // Decoded by the handlers, behind a check of how much there is.
  definition: Object.fromEntries(
    Object.entries(service).map(([name, method]) => [name, { ...method, requestDeserialize: sameBytes }]),
  ),
  handlers,
};

interface Call extends EventEmitter, HandledCall {
  getDeadline(): Date | number;
}

function handlers(dispatcher: Dispatcher, requesterOf: RequesterOf): UntypedServiceImplementation {
  const begin = (
    method: string,
    values: () => readonly unknown[],
    call: Call,
    callId: string,
    sink: CallSink,
  ): RunningCall => {
    const timeoutMs = remainingMs(call.getDeadline());
    return dispatcher.begin(
      {
        object: nameServerObject,
        method,
        get input() {
          return { values: values() };
        },
        ...requesterOf(call),
        callId,
        timeoutMs,
      },
      sink,
    );
  };

  const cancelWith = (call: Call, running: RunningCall): void => {
    call.on('cancelled', () => {
      running.cancel(coreError('CALL_CANCELLED', 'the call was cancelled by its caller'));
    });
  };

  const unary =
    <Request, Result, Response>(
      method: string,
      rpc: Decoder<Request>,
      toArguments: (request: Request) => readonly unknown[],
      toResponse: (result: Result) => Response,
    ): handleUnaryCall<Buffer, Response> =>
    (call, reply) => {
      const callId = randomUUID();
      const running = begin(method, () => toArguments(decode(rpc, call.request)), call, callId, {
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

  const watch: handleServerStreamingCall<Buffer, NameEventInput> = (call) => {
    const callId = randomUUID();
    const sink = new StreamSink<NameEventInput>(
      call,
      callId,
      (event) => toEvent(event as NameEvent),
      () => undefined,
    );
    const values = (): readonly unknown[] => {
      const { prefix, fromRevision } = decode(service.Watch, call.request);
      return [{ prefix, fromRevision }];
    };
    cancelWith(call, begin('watch', values, call, callId, sink));
  };

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
      begin('keep_alive', values, call, callId, {
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
    Register: unary('register', service.Register, toRegister, toLease),
    KeepAlive: keepAlive,
    Unregister: unary(
      'unregister',
      service.Unregister,
      (request: UnregisterRequest) => [request.leaseId],
      () => ({}),
    ),
    Lookup: unary('lookup', service.Lookup, (request: LookupRequest) => [request.name], toRecord),
    List: unary('list', service.List, toList, toPage),
    Watch: watch,
    SetMetadata: unary('set_metadata', service.SetMetadata, toSetMetadata, toRecord),
    Info: unary(
      'info',
      service.Info,
      () => [],
      (info: NameServerInfo): InfoResponseInput => ({ ...info, problem: info.problem ?? '' }),
    ),
  };
}

/**
 * Decodes a request that does not hold more than any legitimate one.
 *
 * @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_COMPLEX`
 */
function decode<Request>(rpc: Decoder<Request>, message: Buffer): Request {
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
        count(() => false);
        reader.leave(end);
      } else {
        reader.skip();
      }
    }
  };
  count((field) => field === claimsField && rpc === (service.Register as unknown));
  return rpc.requestDeserialize(message);
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

/** Leaves out the fields that have their type's default, as those have that the caller did not set. */
function given(fields: object): object {
  const defaults: unknown[] = ['', 0, false];
  const entries = Object.entries(fields) as [string, unknown][];
  const set = entries.filter(
    ([, value]) => !(Array.isArray(value) ? value.length === 0 : defaults.includes(value)),
  );
  return Object.fromEntries(set);
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
