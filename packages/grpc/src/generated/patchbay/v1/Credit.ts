// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Lets the other side send this many more bytes of items, and this many more items.
 */
export interface CreditInput {
  'call'?: (number | string | Long);
  'bytes'?: (number);
  /**
   * From the server: the stream among the call's arguments.
   */
  'stream'?: (number);
  /**
   * Of no effect where item_count_window is 0.
   */
  'items'?: (number);
}

/**
 * Lets the other side send this many more bytes of items, and this many more items.
 */
export interface Credit {
  'call': (number);
  'bytes': (number);
  /**
   * From the server: the stream among the call's arguments.
   */
  'stream': (number);
  /**
   * Of no effect where item_count_window is 0.
   */
  'items': (number);
}
