// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Ends a stream among a call's arguments. From the client: at its end. From the server: when it wants no more of it;
 * items in flight are dropped. The end of a call ends its streams without this.
 */
export interface EndInput {
  'call'?: (number | string | Long);
  'stream'?: (number);
}

/**
 * Ends a stream among a call's arguments. From the client: at its end. From the server: when it wants no more of it;
 * items in flight are dropped. The end of a call ends its streams without this.
 */
export interface End {
  'call': (number);
  'stream': (number);
}
