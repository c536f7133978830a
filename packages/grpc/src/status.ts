import { Metadata, type ServiceError, status, type StatusObject } from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import { codeOfGrpcStatus, type Details, RpcError } from '@patchbay/objects';
import { carriedParts } from '@patchbay/session';

import { packageDefinition } from './definitions.js';
import type { ErrorInfo, ErrorInfoInput } from './generated/google/rpc/ErrorInfo.js';
import type { Status, StatusInput } from './generated/google/rpc/Status.js';

const detailsKey = 'grpc-status-details-bin';
const errorInfoUrl = 'type.googleapis.com/google.rpc.ErrorInfo';
const domain = 'patchbay';
/** Trailers are HTTP/2 headers, whose size peers and proxies limit. */
const maxMessageLength = 1024;
const maxInfoBytes = 4 * 1024;
const statusCodec = codecOf<StatusInput, Status>('google.rpc.Status');
const errorInfoCodec = codecOf<ErrorInfoInput, ErrorInfo>('google.rpc.ErrorInfo');

/** Converts an error to a gRPC status, with a google.rpc.Status and ErrorInfo in its trailer. */
export function toGrpcStatus(error: RpcError, callId: string | undefined): StatusObject {
  const code = status[error.code];
  const carried = carriedParts(error, true);
  const message = truncated(carried.message);
  const metadata = callId === undefined ? {} : { call_id: callId };
  const { reason } = error;
  let info = errorInfoCodec.serialize({
    reason,
    domain,
    metadata: { ...stringsOf(carried.details), ...metadata },
  });
  if (info.length > maxInfoBytes) {
    info = errorInfoCodec.serialize({ reason, domain, metadata });
  }
  const full = statusCodec.serialize({ code, message, details: [{ type_url: errorInfoUrl, value: info }] });
  const trailer = new Metadata();
  trailer.set(detailsKey, full);
  return { code, details: message, metadata: trailer };
}

/** Converts a gRPC status to an error, with the reason and details in its trailer if it has one. */
export function fromGrpcStatus(error: ServiceError): RpcError {
  const code = codeOfGrpcStatus(error.code);
  const info = errorInfoOf(error);
  if (info === undefined) {
    return new RpcError(code, code, error.details, { cause: error });
  }
  const { call_id: callId, ...details } = info.metadata;
  return new RpcError(code, info.reason, error.details, {
    details,
    ...(callId === undefined ? {} : { callId }),
  });
}

function errorInfoOf(error: ServiceError): ErrorInfo | undefined {
  const [trailer] = error.metadata.get(detailsKey);
  if (!Buffer.isBuffer(trailer)) {
    return undefined;
  }
  try {
    const found = statusCodec.deserialize(trailer).details.find((each) => each.type_url === errorInfoUrl);
    return found === undefined ? undefined : errorInfoCodec.deserialize(found.value);
  } catch {
    return undefined; // damaged or foreign: the status itself still says what happened
  }
}

/** Converts an error's details to strings: everything but text as JSON. */
function stringsOf(details: Details): Record<string, string> {
  const defined = Object.entries(details).filter(([, detail]) => detail !== undefined);
  return Object.fromEntries(
    defined.map(([key, detail]) => [key, typeof detail === 'string' ? detail : JSON.stringify(detail)]),
  );
}

function truncated(message: string): string {
  const short = message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message;
  return short.replace(/\p{Surrogate}/gu, '\ufffd'); // grpc-js throws at half a surrogate pair
}

function codecOf<Input extends object, Output extends object>(
  name: string,
): MessageTypeDefinition<Input, Output> {
  return packageDefinition[name] as unknown as MessageTypeDefinition<Input, Output>;
}
