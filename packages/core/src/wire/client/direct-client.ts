import { type Clock, systemClock } from '../../clock.js';
import { type Log } from '../../log.js';
import { type Interceptor } from '../../object/interceptor.js';
import { ObjectClient } from './object-client.js';

/** Makes a client of one server, whatever its objects are called. */
export function connectTo(
  address: string,
  options: {
    readonly clock?: Clock;
    readonly timeoutMs?: number | 'none';
    readonly openTimeoutMs?: number;
    readonly interceptors?: readonly Interceptor[];
    readonly log?: Log;
    readonly spinUs?: number;
  } = {},
): ObjectClient {
  return new ObjectClient({
    clock: options.clock ?? systemClock,
    timeoutMs: options.timeoutMs,
    openTimeoutMs: options.openTimeoutMs,
    interceptors: options.interceptors,
    log: options.log,
    spinUs: options.spinUs,
    router: { route: () => address, forget: () => undefined },
  });
}
