// Original file: proto/patchbay/v1/objects.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Lets go of an object that was handed out: the client has no use for it any more. The end of the session releases
 * them all.
 */
export interface ReleaseInput {
  'object'?: (number | string | Long);
}

/**
 * Lets go of an object that was handed out: the client has no use for it any more. The end of the session releases
 * them all.
 */
export interface Release {
  'object': (number);
}
