// Original file: proto/patchbay/v1/nameserver.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchRequestInput {
  'prefix'?: (string);
  /**
   * Absent: from now on.
   */
  'fromRevision'?: (number | string | Long);
  '_fromRevision'?: "fromRevision";
}

export interface WatchRequest {
  'prefix': (string);
  /**
   * Absent: from now on.
   */
  'fromRevision'?: (number);
  '_fromRevision'?: "fromRevision";
}
