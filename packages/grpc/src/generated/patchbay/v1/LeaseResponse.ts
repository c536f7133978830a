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
   * The names that another server replaced or an operator removed since.
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
   * The names that another server replaced or an operator removed since.
   */
  'lost': (string)[];
}
