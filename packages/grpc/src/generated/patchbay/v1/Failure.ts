// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Ends a call with an error.
 */
export interface FailureInput {
  'call'?: (number | string | Long);
  /**
   * A gRPC status number.
   */
  'code'?: (number);
  'reason'?: (string);
  'message'?: (string);
  /**
   * A JSON object.
   */
  'details'?: (Buffer | Uint8Array | string);
  /**
   * Only where the server's configuration sends it.
   */
  'stack'?: (string);
  /**
   * Whether the call never began, as its server is stopping: it may run elsewhere, whatever its method.
   */
  'notBegun'?: (boolean);
}

/**
 * Ends a call with an error.
 */
export interface Failure {
  'call': (number);
  /**
   * A gRPC status number.
   */
  'code': (number);
  'reason': (string);
  'message': (string);
  /**
   * A JSON object.
   */
  'details': (Buffer);
  /**
   * Only where the server's configuration sends it.
   */
  'stack': (string);
  /**
   * Whether the call never began, as its server is stopping: it may run elsewhere, whatever its method.
   */
  'notBegun': (boolean);
}
