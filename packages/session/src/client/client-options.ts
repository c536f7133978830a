import { type Clock, type Interceptor, type Log } from '@patchbay/objects';

import { type RetryBudgetOptions } from './retry-budget.js';
import { type Router } from './router.js';
import { type Transport } from './transport.js';

/** What an object client needs. */
export interface ObjectClientOptions {
  readonly clock: Clock;
  readonly router: Router;
  /** The time limit of calls that do not say their own, in milliseconds, or `'none'`. Default: 60 s. */
  readonly timeoutMs?: number | 'none' | undefined;
  /** How long a server may take to open a session, in milliseconds. Default: 5 s. */
  readonly openTimeoutMs?: number | undefined;
  /** How long to keep the processor busy after a call was sent, while it is pending, in microseconds. Default: 0. */
  readonly spinUs?: number | undefined;
  /** How often calls that a connection took with it may run again; all zeros: never. */
  readonly retryBudget?: RetryBudgetOptions | undefined;
  /** How large a frame (a result, for one) it takes, in bytes, from 256 KiB. Default: 64 MiB. */
  readonly maxFrameBytes?: number | undefined;
  /** What brings it to its servers. */
  readonly transport: Transport;
  /** Stand around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Takes a line at `debug` when a call has ended, and above for what went wrong on the way. Default: none. */
  readonly log?: Log | undefined;
}
