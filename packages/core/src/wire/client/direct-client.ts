import { type Clock, systemClock } from '../../clock.js';
import { ObjectClient } from './object-client.js';

/** Makes a client of one server, whatever its objects are called. */
export function connectTo(
  address: string,
  options: {
    readonly clock?: Clock;
    readonly timeoutMs?: number | 'none';
    readonly openTimeoutMs?: number;
  } = {},
): ObjectClient {
  return new ObjectClient({
    clock: options.clock ?? systemClock,
    timeoutMs: options.timeoutMs,
    openTimeoutMs: options.openTimeoutMs,
    router: { route: () => address, forget: () => undefined },
  });
}
