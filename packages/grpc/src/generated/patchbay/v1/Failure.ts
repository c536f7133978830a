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
   * Only if the server's configuration sends stacks.
   */
  'stack'?: (string);
  /**
   * Whether the call was refused before it began, because its server is stopping: it may run elsewhere.
   */
  'notBegun'?: (boolean);
  /**
   * As that of Result.
   */
  'metadata'?: ({[key: string]: string});
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
   * Only if the server's configuration sends stacks.
   */
  'stack': (string);
  /**
   * Whether the call was refused before it began, because its server is stopping: it may run elsewhere.
   */
  'notBegun': (boolean);
  /**
   * As that of Result.
   */
  'metadata': ({[key: string]: string});
}
