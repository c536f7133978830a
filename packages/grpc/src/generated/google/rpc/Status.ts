// Original file: proto/google/rpc/status.proto

import type { AnyInput as _google_protobuf_AnyInput, Any as _google_protobuf_Any } from '../../google/protobuf/Any.js';

/**
 * A complete gRPC error, as in the trailer grpc-status-details-bin.
 */
export interface StatusInput {
  'code'?: (number);
  'message'?: (string);
  'details'?: (_google_protobuf_AnyInput)[];
}

/**
 * A complete gRPC error, as in the trailer grpc-status-details-bin.
 */
export interface Status {
  'code': (number);
  'message': (string);
  'details': (_google_protobuf_Any)[];
}
