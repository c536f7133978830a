import { Metadata, type ServiceError, status, type StatusObject } from '@grpc/grpc-js';
import { type MessageTypeDefinition } from '@grpc/proto-loader';

import { codeOfGrpcStatus } from '../errors/code.js';
import { RpcError } from '../errors/rpc-error.js';
import { packageDefinition } from './definitions.js';
import { type ErrorInfo, type ErrorInfoInput } from './generated/google/rpc/ErrorInfo.js';
import { type Status, type StatusInput } from './generated/google/rpc/Status.js';

const detailsKey = 'grpc-status-details-bin';
const errorInfoUrl = 'type.googleapis.com/google.rpc.ErrorInfo';
const domain = 'patchbay';
const statusCodec = codecOf<StatusInput, Status>('google.rpc.Status');
const errorInfoCodec = codecOf<ErrorInfoInput, ErrorInfo>('google.rpc.ErrorInfo');

/** Turns an error into a gRPC status, with a google.rpc.Status and ErrorInfo in its trailer. */
export function toGrpcStatus(error: RpcError, callId: string | undefined): StatusObject {
  const code = status[error.code];
  const metadata: Record<string, string> = {};
  for (const [key, detail] of Object.entries(error.details)) {
    metadata[key] = typeof detail === 'string' ? detail : JSON.stringify(detail);
  }
  if (callId !== undefined) {
    metadata.call_id = callId;
  }
  const info = errorInfoCodec.serialize({ reason: error.reason, domain, metadata });
  const full = statusCodec.serialize({
    code,
    message: error.message,
    details: [{ type_url: errorInfoUrl, value: info }],
  });
  const trailer = new Metadata();
  trailer.set(detailsKey, full);
  return { code, details: error.message, metadata: trailer };
}

/** Turns a gRPC status into an error, with the reason and details of its trailer where it has one. */
export function fromGrpcStatus(error: ServiceError): RpcError {
  const code = codeOfGrpcStatus(error.code);
  const [trailer] = error.metadata.get(detailsKey);
  if (Buffer.isBuffer(trailer)) {
    const found = statusCodec.deserialize(trailer).details.find((each) => each.type_url === errorInfoUrl);
    if (found !== undefined) {
      const info = errorInfoCodec.deserialize(found.value);
      const { call_id: callId, ...details } = info.metadata;
      return new RpcError(code, info.reason, error.details, {
        details,
        ...(callId === undefined ? {} : { callId }),
      });
    }
  }
  return new RpcError(code, code, error.details, { cause: error });
}

function codecOf<Input, Output>(
  name: string,
): { serialize: (message: Input) => Buffer; deserialize: (bytes: Buffer) => Output } {
  const definition = packageDefinition[name] as MessageTypeDefinition<object, object>;
  return definition as unknown as {
    serialize: (message: Input) => Buffer;
    deserialize: (bytes: Buffer) => Output;
  };
}
