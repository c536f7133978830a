// Original file: proto/patchbay/v1/nameserver.proto

import type { NameRecordInput as _patchbay_v1_NameRecordInput, NameRecord as _patchbay_v1_NameRecord } from '../../patchbay/v1/NameRecord.js';
import type { Long } from '@grpc/proto-loader';

export interface ListResponseInput {
  'names'?: (_patchbay_v1_NameRecordInput)[];
  /**
   * Empty on the last page.
   */
  'next'?: (string);
  'revision'?: (number | string | Long);
}

export interface ListResponse {
  'names': (_patchbay_v1_NameRecord)[];
  /**
   * Empty on the last page.
   */
  'next': (string);
  'revision': (number);
}
