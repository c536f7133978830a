import type { Log, LogFields } from '@patchbay/objects';

import type { Actors } from './actor.js';

/** Wraps a log so that its lines carry on whose behalf they were written: the call's id, where a call led to them. */
export function actorLog(log: Log, actors: Actors): Log {
  const withActor = (fields: LogFields | undefined): LogFields => {
    const { method, callId, correlationId } = actors.current ?? {};
    const own = correlationId === callId ? { callId } : { callId, correlationId };
    return callId === undefined ? { ...fields } : { ...own, method, ...fields };
  };
  return {
    debug: (message, fields) => {
      log.debug(message, withActor(fields));
    },
    info: (message, fields) => {
      log.info(message, withActor(fields));
    },
    warn: (message, fields) => {
      log.warn(message, withActor(fields));
    },
    error: (message, fields) => {
      log.error(message, withActor(fields));
    },
    child: (fields) => actorLog(log.child(fields), actors),
  };
}
