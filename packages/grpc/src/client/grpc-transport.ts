import { coreError } from '@patchbay/objects';
import { type Transport } from '@patchbay/session/client';

import { sessionPath } from '../session-path.js';
import { GrpcStream } from './grpc-stream.js';

/** Brings a client to its servers over gRPC. */
export const grpcTransport: Transport = {
  dial: (address, events) => {
    try {
      return new GrpcStream(address, sessionPath, events);
    } catch (error) {
      throw coreError('CONNECTION_LOST', `no connection to ${JSON.stringify(address)}: it is not host:port`, {
        cause: error,
      });
    }
  },
  // On demand: it loads grpc-js, which a call by itself has no use for.
  describe: async (address, object) => (await import('../describe.js')).describeAt(address, object),
};
