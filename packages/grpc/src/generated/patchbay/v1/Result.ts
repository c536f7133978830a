// Original file: proto/patchbay/v1/objects.proto

import type { PayloadInput as _patchbay_v1_PayloadInput, Payload as _patchbay_v1_Payload } from '../../patchbay/v1/Payload.js';
import type { Long } from '@grpc/proto-loader';

/**
 * Ends a call with its result.
 */
export interface ResultInput {
  'call'?: (number | string | Long);
  'value'?: (_patchbay_v1_PayloadInput | null);
  /**
   * Key-value pairs from the called side, as those of Invoke.
   */
  'metadata'?: ({[key: string]: string});
}

/**
 * Ends a call with its result.
 */
export interface Result {
  'call': (number);
  'value': (_patchbay_v1_Payload | null);
  /**
   * Key-value pairs from the called side, as those of Invoke.
   */
  'metadata': ({[key: string]: string});
}
