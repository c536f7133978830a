// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Lets the server send this many more bytes of items.
 */
export interface CreditInput {
  'call'?: (number | string | Long);
  'bytes'?: (number);
}

/**
 * Lets the server send this many more bytes of items.
 */
export interface Credit {
  'call': (number);
  'bytes': (number);
}
