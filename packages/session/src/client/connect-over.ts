import { type Clock, type Interceptor, type Log, systemClock } from '@patchbay/objects';

import { ObjectClient } from './object-client.js';
import type { Transport } from './transport.js';

/** Options of a client of one server. */
export interface ConnectToOptions {
  readonly clock?: Clock;
  readonly timeoutMs?: number | 'none';
  readonly openTimeoutMs?: number;
  readonly interceptors?: readonly Interceptor[];
  readonly log?: Log;
  readonly spinUs?: number;
}

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
