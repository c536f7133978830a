import type { Clock } from '../clock.js';
import { isRpcError } from '../errors/rpc-error.js';
import type { Log } from '../log.js';
import type { CallInfo, Interceptor } from './interceptor.js';

/** Returns the log field with why a caller made its call, where it said so by the metadata `reason`. */
export function callerReason({ metadata }: Pick<CallInfo, 'metadata'>): { readonly callerReason?: string } {
  return metadata.reason === undefined ? {} : { callerReason: metadata.reason };
}

/** Returns the log fields with who calls, and for whom. */
function callerFields({ caller }: Pick<CallInfo, 'caller'>): Record<string, unknown> {
  const delegate = caller?.delegate;
  return {
    caller: delegate ?? caller?.principal,
    ...(delegate === undefined ? {} : { onBehalfOf: caller?.principal }),
    peer: caller?.peer,
  };
}

/** Which calls are logged. */
export type LoggedCalls = 'failed' | 'all';

/** Returns an interceptor that logs one line when a call has ended, for all calls or those that failed. */
export function logCalls(options: {
  readonly log: Log;
  readonly clock: Clock;
  /** Default: all. */
  readonly calls?: LoggedCalls;
  /** Default: `info`. */
  readonly level?: 'debug' | 'info';
}): Interceptor {
  const { log, clock, calls = 'all', level = 'info' } = options;
  return (call, next) => {
    const beganMs = clock.monotonicMs();
    const fields = (): Record<string, unknown> => ({
      callId: call.callId,
      ...(call.correlationId === call.callId ? {} : { correlationId: call.correlationId }),
      object: call.object,
      method: call.method,
      ...(call.side === 'server' ? callerFields(call) : { endpoint: call.endpoint }),
      ...callerReason(call),
      ms: Math.round((clock.monotonicMs() - beganMs) * 1_000) / 1_000,
    });
    return next().then(
      (result) => {
        if (calls === 'all') {
          log[level]('a call ended', fields());
        }
        return result;
      },
      (error: unknown) => {
        const why = isRpcError(error) ? { code: error.code, reason: error.reason } : { code: 'INTERNAL' };
        log[level]('a call ended with an error', { ...fields(), ...why });
        throw error;
      },
    );
  };
}
