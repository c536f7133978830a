// Original file: proto/patchbay/v1/nameserver.proto

import { type NameRecord as _patchbay_v1_NameRecord, type NameRecordInput as _patchbay_v1_NameRecordInput } from './NameRecord.js';
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
