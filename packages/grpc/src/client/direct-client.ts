import { directClient, type DirectClientOptions, type ObjectClient } from '@patchbay/session/client';

import { grpcTransport } from './grpc-transport.js';

/** Makes a client of the server at an address, `host:port`, whatever its objects are called. */
export function connectTo(address: string, options: DirectClientOptions = {}): ObjectClient {
  return directClient(address, grpcTransport, options);
}
