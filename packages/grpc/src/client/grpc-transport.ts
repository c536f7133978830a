import { coreError } from '@patchbay/objects';
import {
  connectOver,
  type ConnectToOptions,
  type ObjectClient,
  type Transport,
} from '@patchbay/session/client';

import { GrpcStream } from './grpc-stream.js';

/** The path of `Session` of ObjectServer. */
const sessionPath = '/patchbay.v1.ObjectServer/Session';

/** Connects a client to its servers over gRPC. */
export const grpcTransport: Transport = {
  dial: ({ address }, events) => {
    try {
      return new GrpcStream(address, sessionPath, events);
    } catch (error) {
      throw coreError('CONNECTION_LOST', `no connection: ${(error as Error).message}`, { cause: error });
    }
  },
  // On demand: it loads grpc-js, which calls do not need.
  describe: async ({ address }, object) => (await import('../describe.js')).describeAt(address, object),
};

/** Makes a client of the server at an address, to which every object is routed. */
export function connectTo(address: string, options: ConnectToOptions = {}): ObjectClient {
  return connectOver(grpcTransport, address, options);
}
