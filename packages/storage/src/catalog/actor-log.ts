import type { Log, LogFields } from '@patchbay/objects';

import type { Actors } from './actor.js';

/** Wraps a log so that its lines carry on whose behalf they were written: the call's id, where a call led to them. */
export function actorLog(log: Log, actors: Actors): Log {
  const withActor = (fields: LogFields | undefined): LogFields => {
    const { method, callId, correlationId } = actors.current ?? {};
    const own = correlationId === callId ? { callId } : { callId, correlationId };
    return callId === undefined ? { ...fields } : { ...own, method, ...fields };
  };
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: LogFields) => {
    log[level](message, withActor(fields));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => actorLog(log.child(fields), actors),
  };
}
