// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Lets the other side send this many more bytes of items.
 */
export interface CreditInput {
  'call'?: (number | string | Long);
  'bytes'?: (number);
  /**
   * From the server: the stream among the call's arguments.
   */
  'stream'?: (number);
}

/**
 * Lets the other side send this many more bytes of items.
 */
export interface Credit {
  'call': (number);
  'bytes': (number);
  /**
   * From the server: the stream among the call's arguments.
   */
  'stream': (number);
}
