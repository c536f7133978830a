// Original file: proto/patchbay/v1/objects.proto

import type { PayloadInput as _patchbay_v1_PayloadInput, Payload as _patchbay_v1_Payload } from '../../patchbay/v1/Payload.js';
import type { Long } from '@grpc/proto-loader';

/**
 * From the server: an item that a method yields before its result. From the client: the next item of a stream among
 * the call's arguments.
 */
export interface ItemInput {
  'call'?: (number | string | Long);
  'value'?: (_patchbay_v1_PayloadInput | null);
  /**
   * From the client: the stream.
   */
  'stream'?: (number);
}

/**
 * From the server: an item that a method yields before its result. From the client: the next item of a stream among
 * the call's arguments.
 */
export interface Item {
  'call': (number);
  'value': (_patchbay_v1_Payload | null);
  /**
   * From the client: the stream.
   */
  'stream': (number);
}
