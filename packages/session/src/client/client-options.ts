import type { Clock, Interceptor, Log, TimeLimit } from '@patchbay/objects';

import type { Keepalive } from '../keepalive.js';
import type { RetryBudgetOptions } from './retry-budget.js';
import type { Router, Transport } from './transport.js';

/** What an object client needs. */
export interface ObjectClientOptions {
  readonly clock: Clock;
  readonly router: Router;
  readonly transport: Transport;
  /** The time limit of calls that set none, in milliseconds, or `'none'`. Default: that of each method. */
  readonly timeoutMs?: TimeLimit | undefined;
  /** How long a server may take to open a session, in milliseconds. Default: 5 s. */
  readonly openTimeoutMs?: number | undefined;
  /** When a server that gives no sign of life counts as lost. Default: asked every 10 s, it has 5 s to answer. */
  readonly keepalive?: Partial<Keepalive> | undefined;
  /** How long to busy-poll after a call was sent, while its answer is awaited, in microseconds, 0 to 1000. Default: 0. */
  readonly spinUs?: number | undefined;
  /** How often calls that were lost with their connection may be retried; all zeros: never. */
  readonly retryBudget?: RetryBudgetOptions | undefined;
  /** The largest frame (a result, for one) to accept, in bytes, from 256 KiB. Default: 64 MiB. */
  readonly maxFrameBytes?: number | undefined;
  /** Who the client says that it is, for the log of servers alone: at most 64 visible ASCII characters. Default: nothing. */
  readonly claims?: string | undefined;
  /** Run around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Logs the end of each call at `debug`, and what went wrong on the way above that. Default: none. */
  readonly log?: Log | undefined;
}
