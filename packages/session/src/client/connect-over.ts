import { systemClock } from '@patchbay/objects';

import type { ObjectClientOptions } from './client-options.js';
import { ObjectClient } from './object-client.js';
import { routeTo, type Transport } from './transport.js';

/** Options of a client of one server. */
export type ConnectToOptions = Partial<
  Pick<
    ObjectClientOptions,
    'clock' | 'timeoutMs' | 'openTimeoutMs' | 'keepalive' | 'interceptors' | 'log' | 'spinUs' | 'claims'
  >
> & {
  /** The principal that must answer, or `nameserver`, which any name server is. Default: any server of the cluster. */
  readonly principal?: string;
};

/** Makes a client of one server, to whose address every object is routed. Nothing is dialled before the first call. */
export function connectOver(
  transport: Transport,
  address: string,
  { clock = systemClock, principal, ...options }: ConnectToOptions = {},
): ObjectClient {
  return new ObjectClient({
    ...options,
    clock,
    transport,
    router: routeTo(address, principal),
  });
}
