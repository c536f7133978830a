import { systemClock } from '@patchbay/objects';

import type { ObjectClientOptions } from './client-options.js';
import { ObjectClient } from './object-client.js';
import type { Transport } from './transport.js';

/** Options of a client of one server. */
export type ConnectToOptions = Partial<
  Pick<
    ObjectClientOptions,
    'clock' | 'timeoutMs' | 'openTimeoutMs' | 'keepalive' | 'interceptors' | 'log' | 'spinUs'
  >
>;

/** Makes a client of one server, to whose address every object is routed. Nothing is dialled before the first call. */
export function connectOver(
  transport: Transport,
  address: string,
  { clock = systemClock, ...options }: ConnectToOptions = {},
): ObjectClient {
  return new ObjectClient({
    ...options,
    clock,
    transport,
    router: { route: () => address, forget: () => undefined },
  });
}
