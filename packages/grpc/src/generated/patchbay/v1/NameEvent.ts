// Original file: proto/patchbay/v1/nameserver.proto

import type { NameRecordInput as _patchbay_v1_NameRecordInput, NameRecord as _patchbay_v1_NameRecord } from '../../patchbay/v1/NameRecord.js';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/patchbay/v1/nameserver.proto

export const _patchbay_v1_NameEvent_Type = {
  TYPE_UNSPECIFIED: 'TYPE_UNSPECIFIED',
  REGISTERED: 'REGISTERED',
  CHANGED: 'CHANGED',
  REMOVED: 'REMOVED',
} as const;

export type _patchbay_v1_NameEvent_TypeInput =
  | 'TYPE_UNSPECIFIED'
  | 0
  | 'REGISTERED'
  | 1
  | 'CHANGED'
  | 2
  | 'REMOVED'
  | 3

export type _patchbay_v1_NameEvent_Type = typeof _patchbay_v1_NameEvent_Type[keyof typeof _patchbay_v1_NameEvent_Type]

export interface NameEventInput {
  'type'?: (_patchbay_v1_NameEvent_TypeInput);
  /**
   * Of REMOVED: the last record. Of a shared name: with only the endpoint that was added, changed or removed.
   */
  'record'?: (_patchbay_v1_NameRecordInput | null);
  'revision'?: (number | string | Long);
}

export interface NameEvent {
  'type': (_patchbay_v1_NameEvent_Type);
  /**
   * Of REMOVED: the last record. Of a shared name: with only the endpoint that was added, changed or removed.
   */
  'record': (_patchbay_v1_NameRecord | null);
  'revision': (number);
}
