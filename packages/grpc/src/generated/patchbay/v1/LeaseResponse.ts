// Original file: proto/patchbay/v1/nameserver.proto

import type { Long } from '@grpc/proto-loader';

export interface LeaseResponseInput {
  'leaseId'?: (string);
  'ttlMs'?: (number);
  /**
   * The registry's revision after the request.
   */
  'revision'?: (number | string | Long);
  /**
   * Names that were taken from the lease, by another server on purpose or by an operator.
   */
  'lost'?: (string)[];
}

export interface LeaseResponse {
  'leaseId': (string);
  'ttlMs': (number);
  /**
   * The registry's revision after the request.
   */
  'revision': (number);
  /**
   * Names that were taken from the lease, by another server on purpose or by an operator.
   */
  'lost': (string)[];
}
