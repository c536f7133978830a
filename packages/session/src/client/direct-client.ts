import { type Clock, type Interceptor, type Log, systemClock } from '@patchbay/objects';

import { ObjectClient } from './object-client.js';
import { type Transport } from './transport.js';

/** What a client of one server may be told. */
export interface DirectClientOptions {
  readonly clock?: Clock;
  readonly timeoutMs?: number | 'none';
  readonly openTimeoutMs?: number;
  readonly interceptors?: readonly Interceptor[];
  readonly log?: Log;
  readonly spinUs?: number;
}

/** Makes a client of one server, whatever its objects are called. */
export function directClient(
  address: string,
  transport: Transport,
  { clock = systemClock, ...options }: DirectClientOptions = {},
): ObjectClient {
  return new ObjectClient({
    ...options,
    clock,
    transport,
    router: { route: () => address, forget: () => undefined },
  });
}
